import { join } from 'node:path';
import { InvalidValueError } from '@medlego/errors';
import { z } from 'zod';

const count = z.coerce.number().int().min(1);
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);

/** What a gateway process has besides the settings that all services share. Empty is unset. */
const variables = {
  MEDLEGO_HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  /** None: every generalist that is promoted. */
  MEDLEGO_MODELS: list.default([]),
  MEDLEGO_THREADS: count.optional(),
  MEDLEGO_CORS: list.default([]),
  /** Requests a minute of one subject. */
  MEDLEGO_RATE_LIMIT: count.optional(),
  /** A file, or `stdout`. */
  MEDLEGO_AUDIT_LOG: z.string().optional(),
  MEDLEGO_ADMIN_TOKEN: z.string().optional(),
  /** Folder with backbones, as folders of their name. */
  MEDLEGO_BACKBONES: z.string().optional(),
  MEDLEGO_CONSOLE: z.string().default(join(import.meta.dirname, '..', '..', 'console', 'dist')),
} as const satisfies Readonly<Record<string, z.ZodType>>;

export type GatewayConfig = { readonly [N in keyof typeof variables]: z.output<(typeof variables)[N]> };

/** @throws InvalidValueError that names the variable */
export function readGatewayConfig(env: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const settings = Object.entries(variables).map(([name, schema]) => {
    const text = env[name] || undefined;
    const parsed = schema.safeParse(text);
    if (parsed.success) return [name, parsed.data];
    const expected = parsed.error.issues[0]!.message;
    throw new InvalidValueError({ field: name, expected, actual: text ?? 'nothing' });
  });
  return Object.fromEntries(settings) as GatewayConfig;
}
