export type { AuditEntry } from './access/audit-log.ts';
export type { RateLimit } from './access/gate.ts';
export { createGateway, type Gateway } from './gateway.ts';
export type { GatewayOptions } from './gateway-options.ts';
export { InferenceClient } from './grpc/definition.ts';
