import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { InvalidValueError } from '@medlego/errors';
import { versionOf } from '../inputs/infer.ts';
import type { InputLimits } from '../inputs/tensor.ts';
import { modelMetadata, serverMetadata } from '../metadata.ts';
import { modelStatistics, repositoryIndex } from '../models/describe-models.ts';
import type { ModelInferRequest, ModelRef, RepositoryChange } from './messages.ts';
import { modelInfer } from './model-infer.ts';
import { unary, type CallContext, type CallInfo, type Method } from './unary.ts';

export interface InferenceOptions extends CallContext {
  readonly limits: InputLimits;
  /** Why no request can be answered now. */
  readonly notReady: () => string | undefined;
  /** Changes of models are made on a listener of their own, and not here. */
  readonly hasAdminListener: boolean;
}

/** Implementation for `inferenceService`. */
export function inferenceHandlers(options: InferenceOptions): UntypedServiceImplementation {
  const { host, limits, notReady } = options;
  const version = ({ name, version: digest }: ModelRef) => versionOf(host, { model: name, version: digest });
  const look = ['read', 'predict'] as const;
  const change = (action: 'load' | 'unload'): Method => ({
    needs: ['admin'],
    action,
    handle: async ({ model_name: name, parameters }: RepositoryChange, { audited }: CallInfo) => {
      const [parameter] = Object.keys(parameters);
      if (action === 'load' && parameter !== undefined)
        throw new InvalidValueError({ field: 'parameters', expected: 'none', actual: parameter });
      await host[action](name);
      audited.version = host.slots.get(name)?.current?.artifact.digest ?? null;
      return {};
    },
  });
  const methods: Readonly<Record<string, Method>> = {
    ServerLive: { needs: 'open', handle: () => ({ live: true }) },
    ServerReady: { needs: 'open', handle: () => ({ ready: notReady() === undefined }) },
    ServerMetadata: { needs: look, handle: () => serverMetadata },
    ModelReady: { needs: look, handle: (ref: ModelRef) => ({ ready: version(ref) !== null }) },
    ModelMetadata: { needs: look, handle: (ref: ModelRef) => modelMetadata(host, ref.name, version(ref)) },
    ModelStatistics: {
      needs: look,
      handle: ({ name }: ModelRef) => ({
        model_stats: (name === '' ? [...host.slots.values()] : [host.slot(name)]).map(modelStatistics),
      }),
    },
    ModelInfer: {
      needs: ['predict'],
      action: 'predict',
      handle: (request: ModelInferRequest, call: CallInfo) => modelInfer(host, limits, request, call),
    },
    RepositoryIndex: {
      needs: ['read'],
      handle: ({ ready }: { readonly ready: boolean }) => ({
        models: repositoryIndex(host).filter(({ state }) => !ready || state === 'READY'),
      }),
    },
    ...(!options.hasAdminListener && { RepositoryModelLoad: change('load'), RepositoryModelUnload: change('unload') }),
  };
  return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, unary(method, options)]));
}
