import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { InvalidValueError } from '@medlego/errors';
import type { RpcClientOptions } from '@medlego/rpc';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a Job finds its run, its store and its own files. */
export interface JobEnvironment {
  readonly rpc: Pick<RpcClientOptions, 'address' | 'token' | 'tls'>;
  /** `service`, a folder, or `s3://bucket/prefix`. */
  readonly store: string;
  /** Absolute folder of what this machine keeps between attempts. */
  readonly home: string;
}

/** What a Job computes with. */
export interface ComputeEnvironment {
  readonly device: 'cpu' | 'cuda';
  /** Undefined: all cores. */
  readonly threads: number | undefined;
}

/** The run of `job --run ID`. @throws InvalidValueError */
export function parseJobCall(argv: readonly string[]): string {
  const refuse = (cause?: unknown) =>
    new InvalidValueError({ field: 'command line', expected: 'job --run ID', actual: argv.join(' ') }, { cause });
  let call: { positionals: string[]; values: { run?: string } };
  try {
    call = parseArgs({ args: [...argv], options: { run: { type: 'string' } }, allowPositionals: true });
  } catch (cause) {
    throw refuse(cause);
  }
  const { positionals, values } = call;
  if (positionals.length !== 1 || positionals[0] !== 'job' || !values.run) throw refuse();
  return values.run;
}

/** @throws InvalidValueError naming the variable */
export function parseJobEnvironment(env: Environment): JobEnvironment {
  const { MEDLEGO_TOKEN: token, MEDLEGO_TLS_CA: ca, MEDLEGO_TLS_CERT: cert, MEDLEGO_TLS_KEY: key } = env;
  const hasTls = Boolean(ca || cert || key);
  return {
    rpc: {
      address: required(env, 'MEDLEGO_ADDRESS', 'host:port of the services'),
      ...(token && { token }),
      ...(hasTls && { tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } }),
    },
    store: required(env, 'MEDLEGO_STORE', 'service, a folder or s3://bucket/prefix'),
    home: resolve(env['MEDLEGO_HOME'] || '.medlego'),
  };
}

/** @throws InvalidValueError naming the variable */
export function parseComputeEnvironment(env: Environment): ComputeEnvironment {
  const device = env['MEDLEGO_DEVICE'] || 'cpu';
  if (device !== 'cpu' && device !== 'cuda')
    throw new InvalidValueError({ field: 'MEDLEGO_DEVICE', expected: 'cpu or cuda', actual: device });
  const text = env['MEDLEGO_THREADS'] || undefined;
  if (text !== undefined && !/^[1-9]\d{0,3}$/.test(text))
    throw new InvalidValueError({ field: 'MEDLEGO_THREADS', expected: 'a whole number from 1', actual: text });
  return { device, threads: text === undefined ? undefined : Number(text) };
}

function required(env: Environment, name: string, expected: string): string {
  const value = env[name];
  if (!value) throw new InvalidValueError({ field: name, expected, actual: 'nothing' });
  return value;
}
