export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';
export { InferenceClient } from './grpc/inference-service.ts';
