import { InvalidValueError } from '@medlego/errors';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().int().min(0).max(86_400);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Every variable of a service, with its check and default. Empty is unset. */
const variables = {
  /** State of this program: checkpoints, caches, local Jobs. */
  MEDLEGO_HOME: z.string().default('.medlego'),
  MEDLEGO_RPC_HOST: z.string().default('127.0.0.1'),
  MEDLEGO_RPC_PORT: port.default(7070),
  /** Where the admin listener (/livez, /readyz, /metrics) is reached: probes and Prometheus. */
  MEDLEGO_ADMIN_HOST: z.string().default('127.0.0.1'),
  MEDLEGO_ADMIN_PORT: port.default(9464),
  MEDLEGO_NATS_URL: z.string().optional(),
  /** File with credentials (JWT and key), or a token. */
  MEDLEGO_NATS_CREDENTIALS: z.string().optional(),
  MEDLEGO_NATS_TOKEN: z.string().optional(),
  /** Copies of streams and buckets in a NATS cluster. */
  MEDLEGO_NATS_REPLICAS: z.enum(['1', '3', '5']).transform(Number).optional(),
  /** `nats`, a folder, or `s3://bucket/prefix`. */
  MEDLEGO_STORE: z.string().default('nats'),
  MEDLEGO_TOKENS_FILE: z.string().optional(),
  MEDLEGO_OIDC_ISSUER: z.url().optional(),
  MEDLEGO_OIDC_AUDIENCE: z.string().optional(),
  MEDLEGO_TLS_CERT: z.string().optional(),
  MEDLEGO_TLS_KEY: z.string().optional(),
  MEDLEGO_TLS_CA: z.string().optional(),
  /** Serve other machines although everybody may do everything. */
  MEDLEGO_INSECURE: flag.default(false),
  MEDLEGO_REFLECTION: flag.default(false),
  /** How long answers are waited for at the end. */
  MEDLEGO_GRACE_SECONDS: seconds.default(10),
  MEDLEGO_JOBS: z.enum(['local', 'kubernetes']).default('local'),
  /** File (JSON) with what an installation says of its Jobs; needed for `kubernetes`. */
  MEDLEGO_JOB_TEMPLATE: z.string().optional(),
  /** Tells the Jobs of several services in one namespace apart. */
  MEDLEGO_JOB_RUNNER: z.string().optional(),
  /** Follow the custom resources Generalist of the namespace. */
  MEDLEGO_GENERALIST_RESOURCES: flag.default(false),
  MEDLEGO_NAMESPACE: z.string().optional(),
  /** `host:port` of the trainer, as local Jobs reach it; those of a cluster get theirs from the template. */
  MEDLEGO_JOB_ADDRESS: z.string().optional(),
  /** Of local Jobs; those of a cluster get theirs from a Secret. */
  MEDLEGO_JOB_TOKEN: z.string().optional(),
  /** What local Jobs compute with; those of a cluster get theirs from the template. */
  MEDLEGO_DEVICE: z.enum(['cpu', 'cuda']).optional(),
  MEDLEGO_THREADS: z.coerce.number().int().min(1).optional(),
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type ServiceVariable = keyof typeof variables;
/** A service's settings, by the name of the variable that they come from. */
export type ServiceConfig = { readonly [N in ServiceVariable]: z.output<(typeof variables)[N]> };

/** @throws InvalidValueError that names the variable */
export function readServiceConfig(env: Readonly<Record<string, string | undefined>>): ServiceConfig {
  const settings = Object.entries(variables).map(([name, schema]) => {
    const text = env[name] || undefined;
    const parsed = schema.safeParse(text);
    if (!parsed.success)
      throw new InvalidValueError({
        field: name,
        expected: parsed.error.issues[0]!.message,
        actual: text ?? 'nothing',
      });
    return [name, parsed.data];
  });
  return Object.fromEntries(settings) as ServiceConfig;
}
