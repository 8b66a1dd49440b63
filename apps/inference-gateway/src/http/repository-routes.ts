import { timingSafeEqual } from 'node:crypto';
import { digestBytes } from '@medlego/tensors';
import { ScopeRequiredError } from '@medlego/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ModelHost, ModelSlot } from '../models/model-host.ts';

export const stateOf = ({ current, problem }: ModelSlot): 'READY' | 'LOADING' | 'UNAVAILABLE' =>
  current ? 'READY' : problem === null ? 'LOADING' : 'UNAVAILABLE';

/** Triton's repository and statistics extensions. What changes models needs the admin token; without one set it is refused. */
export function registerRepository(app: FastifyInstance, host: ModelHost, adminToken: string | undefined): void {
  const assertAdmin = (request: FastifyRequest): void => {
    const token = /^bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const digest = (text: string) => Buffer.from(digestBytes(Buffer.from(text)));
    if (!adminToken || !timingSafeEqual(digest(token), digest(adminToken)))
      throw new ScopeRequiredError({ scope: 'admin' });
  };
  app.post('/v2/repository/index', () =>
    [...host.slots.values()].map((slot) => ({
      name: slot.name,
      version: slot.current?.artifact.digest ?? '',
      state: stateOf(slot),
      reason: slot.problem ?? '',
    })),
  );
  const admin = (action: string, change: (name: string) => Promise<unknown>) =>
    app.post<{ Params: { name: string } }>(`/v2/repository/models/:name/${action}`, async (request) => {
      assertAdmin(request);
      await change(request.params.name);
      request.log.info({ audit: action, model: request.params.name, from: request.ip });
      return {};
    });
  admin('load', (name) => host.load(name));
  admin('unload', (name) => host.unload(name));
  admin('rollback', (name) => host.rollback(name));

  const statistics = (slot: ModelSlot) => {
    const { success, failure, inferences, executions, requestMs, queueMs, computeMs } = slot.statistics;
    const entry = (count: number, ms: number) => ({ count, ns: Math.round(ms * 1e6) });
    return {
      name: slot.name,
      version: slot.current?.artifact.digest ?? '',
      inference_count: inferences,
      execution_count: executions,
      inference_stats: {
        success: entry(success, requestMs),
        fail: entry(failure, 0),
        queue: entry(inferences, queueMs),
        compute_infer: entry(executions, computeMs),
      },
    };
  };
  app.get('/v2/models/stats', () => ({ model_stats: [...host.slots.values()].map(statistics) }));
  app.get<{ Params: { name: string } }>('/v2/models/:name/stats', ({ params }) => ({
    model_stats: [statistics(host.slot(params.name))],
  }));
}
