import { join } from 'node:path';
import {
  loadPackageDefinition,
  Metadata,
  type handleUnaryCall,
  type ServiceClientConstructor,
  type ServiceDefinition,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { publicError } from '../error-table.ts';
import { infer, versionOf } from '../inputs/infer.ts';
import { rawOf } from '../inputs/binary.ts';
import { parseRequestOptions } from '../inputs/request-options.ts';
import type { InputLimits } from '../inputs/tensor.ts';
import { modelMetadata, notReadyReason, serverMetadata } from '../metadata.ts';
import type { ModelHost } from '../models/model-host.ts';
import { valueOf, type ModelInferRequest, type ModelRef } from './messages.ts';
import { toTensors } from './to-tensors.ts';

const file = join(import.meta.dirname, '..', '..', 'proto', 'open-inference-v2.proto');
const loaded = loadPackageDefinition(loadSync(file, { keepCase: true, longs: Number, defaults: true, oneofs: true }));

/** Client class of `inference.GRPCInferenceService`; its `service` is the definition that the server registers. */
export const InferenceClient = (loaded['inference'] as Record<string, ServiceClientConstructor>)[
  'GRPCInferenceService'
]!;
export const inferenceService: ServiceDefinition = InferenceClient.service;

type Handler = (request: never, signal: AbortSignal, timeLeftMs: number) => unknown;

/** Implementation for `inferenceService`. Errors carry `grpc-retry-pushback-ms` where a repetition makes sense. */
export function inferenceHandlers(host: ModelHost, limits: InputLimits): UntypedServiceImplementation {
  const version = ({ name, version: digest }: ModelRef) => versionOf(host, { model: name, version: digest });
  const handlers: Readonly<Record<string, Handler>> = {
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: notReadyReason(host) === undefined }),
    ServerMetadata: () => serverMetadata,
    ModelReady: (ref: ModelRef) => ({ ready: version(ref) !== null }),
    ModelMetadata: (ref: ModelRef) => modelMetadata(host, ref.name, version(ref)),
    ModelInfer: (request: ModelInferRequest, signal, timeLeftMs) => answer(host, limits, request, signal, timeLeftMs),
  };
  return Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, unary(handler)]));
}

async function answer(
  host: ModelHost,
  limits: InputLimits,
  request: ModelInferRequest,
  signal: AbortSignal,
  timeLeftMs: number,
) {
  const parameters = Object.fromEntries(
    Object.entries(request.parameters).map(([name, parameter]) => [name, valueOf(parameter)]),
  );
  const { timeoutMs, priority } = parseRequestOptions(parameters);
  const { version, outputs } = await infer(
    host,
    {
      model: request.model_name,
      version: request.model_version,
      inputs: toTensors(request),
      outputs: request.outputs.map(({ name }) => name),
      priority,
      timeoutMs: Math.min(timeoutMs, timeLeftMs),
      signal,
    },
    limits,
  );
  const { digest } = version.artifact;
  return {
    model_name: request.model_name,
    model_version: digest,
    id: request.id,
    parameters: { artifact: { string_param: digest } },
    outputs: outputs.map(({ name, shape }) => ({ name, datatype: 'FP32', shape })),
    raw_output_contents: outputs.map(({ data }) => rawOf(data)),
  };
}

function unary(handler: Handler): handleUnaryCall<unknown, unknown> {
  return (call: ServerUnaryCall<unknown, unknown>, callback) => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    const deadline = call.getDeadline();
    const timeLeftMs = deadline === Infinity ? Infinity : Number(deadline) - Date.now();
    void (async () => handler(call.request as never, gone.signal, timeLeftMs))().then(
      (value) => callback(null, value),
      (error: unknown) => {
        const { grpc, message, retryAfterMs } = publicError(error);
        const metadata = new Metadata();
        if (retryAfterMs !== undefined) metadata.set('grpc-retry-pushback-ms', String(Math.ceil(retryAfterMs)));
        callback({ code: grpc, details: message, metadata });
      },
    );
  };
}
