import { type Command, Option } from 'commander';
import type { GatewayOptions } from '@medlego/inference-gateway';
import { numberBetween } from './compute-options.ts';

/** Who is let in to a server, and what it notes. */
export interface AccessOptions {
  readonly tokens?: string;
  readonly oidcIssuer?: string;
  readonly oidcAudience?: string;
  readonly insecure?: boolean;
  readonly rateLimit?: number;
  readonly cors?: readonly string[];
  readonly auditLog?: string;
  readonly adminPort?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

const option = (flags: string, description: string, env?: string): Option => {
  const made = new Option(flags, description);
  return env === undefined ? made : made.env(env);
};

/** Adds the options of commands that listen. */
export const withAccessOptions = (command: Command): Command =>
  command
    .addOption(option('--tokens <file>', 'let in who has one of these tokens', 'MEDLEGO_TOKENS_FILE'))
    .addOption(option('--oidc-issuer <url>', "let in who has this provider's tokens", 'MEDLEGO_OIDC_ISSUER'))
    .addOption(option('--oidc-audience <name>', 'what the provider calls this server', 'MEDLEGO_OIDC_AUDIENCE'))
    .option('--insecure', 'let everyone in although other machines can reach it')
    .option('--rate-limit <n>', 'requests a minute of one caller', numberBetween(1, 1e9, true))
    .option('--cors <origins>', 'origins whose pages may ask, with commas between', (text) =>
      text.split(',').map((origin) => origin.trim()),
    )
    .option('--audit-log <file>', 'note who asked which model when, as JSON lines; nothing of a patient')
    .addOption(
      option(
        '--admin-port <n>',
        'a listener for probes, metrics, load and unload, which the others then do not have',
        'MEDLEGO_ADMIN_PORT',
      ).argParser(numberBetween(0, 65_535, true)),
    )
    .addOption(option('--tls-cert <file>', 'encrypt: certificate, PEM', 'MEDLEGO_TLS_CERT'))
    .addOption(option('--tls-key <file>', 'its key, PEM', 'MEDLEGO_TLS_KEY'))
    .addOption(option('--tls-ca <file>', 'let in only who has a certificate of this authority', 'MEDLEGO_TLS_CA'));

type Access = Pick<
  GatewayOptions,
  'authenticator' | 'adminToken' | 'insecure' | 'rateLimit' | 'cors' | 'auditLog' | 'adminPort' | 'tls'
>;

/** What the gateway takes of them. @throws InvalidValueError for options that need another one; errors of the token file */
export async function openAccessOptions(options: AccessOptions): Promise<Access> {
  const [{ openAuthenticator }, { InvalidValueError }] = await Promise.all([
    import('@medlego/access'),
    import('@medlego/errors'),
  ]);
  const { tokens, oidcIssuer, oidcAudience, rateLimit, tlsCert: cert, tlsKey: key, tlsCa: ca } = options;
  if ((cert === undefined) !== (key === undefined) || (ca !== undefined && cert === undefined))
    throw new InvalidValueError({
      field: cert === undefined ? '--tls-cert' : '--tls-key',
      expected: 'certificate and key together',
      actual: 'only one of them',
    });
  return {
    authenticator: await openAuthenticator({ tokensFile: tokens, oidcIssuer, oidcAudience }),
    adminToken: process.env['MEDLEGO_ADMIN_TOKEN'],
    insecure: options.insecure ?? false,
    rateLimit: rateLimit === undefined ? undefined : { requests: rateLimit },
    cors: options.cors,
    auditLog: options.auditLog,
    adminPort: options.adminPort,
    tls: cert === undefined || key === undefined ? undefined : { cert, key, ...(ca !== undefined && { ca }) },
  };
}
