import { readValues } from './values.ts';

type Schema = Record<string, unknown>;

const services = ['trainer', 'merger', 'evaluator', 'gateway'] as const;

/** What the defaults cannot say. Keys are paths; a service's are the ones under `services`. */
const refined: Readonly<Record<string, Schema>> = {
  'image.pullPolicy': { enum: ['Always', 'IfNotPresent', 'Never'] },
  'nats.image.pullPolicy': { enum: ['Always', 'IfNotPresent', 'Never'] },
  'image.digest': { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
  'log.level': { enum: ['trace', 'debug', 'info', 'warn', 'error'] },
  'store.kind': { enum: ['nats', 's3', 'folder'] },
  'jobs.runner': { enum: ['kubernetes', 'local'] },
  'nats.replicas': { enum: [1, 3] },
  'jobs.cores': { type: 'number', exclusiveMinimum: 0 },
  'jobs.maxAttempts': { type: 'integer', minimum: 1, maximum: 100 },
  'jobs.gpu.count': { type: 'integer', minimum: 1 },
  'jobs.threads': { type: ['string', 'integer'] },
  'gateway.threads': { type: ['string', 'integer'] },
  'externalNats.url': { type: 'string', pattern: '^((nats|tls|ws|wss)://.+)?$' },
  'auth.oidc.issuer': { type: 'string', pattern: '^(https?://.+)?$' },
  'otel.protocol': { enum: ['http/protobuf'] },
  'services.podDisruptionBudget.maxUnavailable': { type: ['integer', 'string'] },
  'services.service.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
  'monitoring.rules.errorShare': { type: 'number', exclusiveMinimum: 0, maximum: 1 },
};

/** Kubernetes' own: whatever it takes. */
const passedOn = new Set([
  'podSecurityContext',
  'containerSecurityContext',
  'resources',
  'grpcAnnotations',
  'metricsNamespaceSelector',
]);

/** The schema of the chart's values, from the defaults. Our own maps take no unknown key, so that a typing error is one. */
export function valuesSchema(): Schema {
  const values = readValues().toJS() as Record<string, unknown>;
  const shared = propertiesOf(values['services'] as object, 'services.');
  const properties: Schema = {};
  for (const [key, value] of Object.entries(values)) {
    if ((services as readonly string[]).includes(key)) {
      const own = propertiesOf(value as object, `${key}.`);
      properties[key] = strict({ ...shared, ...own, service: mergeService(shared, own) });
    } else properties[key] = schemaOf(value, key);
  }
  return {
    $schema: 'https://json-schema.org/draft-07/schema#',
    title: 'Values of the chart medlego',
    ...strict(properties),
  };
}

function mergeService(shared: Schema, own: Schema): Schema {
  const propertiesIn = (schema: unknown) => (schema as { properties?: Schema } | undefined)?.properties ?? {};
  return strict({ ...propertiesIn(shared['service']), ...propertiesIn(own['service']) });
}

const strict = (properties: Schema): Schema => ({ type: 'object', additionalProperties: false, properties });

const propertiesOf = (value: object, prefix: string): Schema =>
  Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, schemaOf(inner, prefix + key)]));

function schemaOf(value: unknown, path: string): Schema {
  const known = refined[path];
  if (known) return known;
  if (Array.isArray(value)) return { type: 'array' };
  if (typeof value === 'object' && value !== null) {
    const isOpen =
      Object.keys(value).length === 0 ||
      passedOn.has(path.slice(path.lastIndexOf('.') + 1)) ||
      path.endsWith('.labels');
    return isOpen ? { type: 'object' } : strict(propertiesOf(value, `${path}.`));
  }
  if (typeof value === 'number') return { type: 'integer', minimum: 0 };
  return { type: typeof value };
}
