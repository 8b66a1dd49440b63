import { join } from 'node:path';
import { loadPackageDefinition, type ServiceClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const file = join(import.meta.dirname, '..', '..', 'proto', 'open-inference-v2.proto');

/** The protocol as the loader gives it, with descriptors for reflection. */
export const packageDefinition = loadSync(file, { keepCase: true, longs: Number, defaults: true, oneofs: true });

/** Client class of `inference.GRPCInferenceService`; its `service` is the definition that the server registers. */
export const InferenceClient = (
  loadPackageDefinition(packageDefinition)['inference'] as Record<string, ServiceClientConstructor>
)['GRPCInferenceService']!;

export const inferenceService: ServiceDefinition = InferenceClient.service;

export const inferenceServiceName = 'inference.GRPCInferenceService';
