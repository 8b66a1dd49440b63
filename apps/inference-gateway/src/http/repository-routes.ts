import type { FastifyInstance } from 'fastify';
import { modelStatistics, repositoryIndex } from '../models/describe-models.ts';
import type { ModelHost } from '../models/model-host.ts';

/** Triton's repository index and statistics. */
export function registerRepository(app: FastifyInstance, host: ModelHost): void {
  app.post('/v2/repository/index', { config: { needs: ['read'] } }, () => repositoryIndex(host));
  const needs = ['read', 'predict'] as const;
  app.get('/v2/models/stats', { config: { needs } }, () => ({
    model_stats: [...host.slots.values()].map(modelStatistics),
  }));
  app.get<{ Params: { name: string } }>('/v2/models/:name/stats', { config: { needs } }, ({ params }) => ({
    model_stats: [modelStatistics(host.slot(params.name))],
  }));
}

/** What changes models: Triton's load and unload, and rollback. */
export function registerRepositoryChanges(app: FastifyInstance, host: ModelHost): void {
  const admin = (action: string, change: (name: string) => Promise<unknown>) =>
    app.post<{ Params: { name: string } }>(
      `/v2/repository/models/:name/${action}`,
      { config: { needs: ['admin'], action } },
      async (request) => {
        await change(request.params.name);
        const { current } = host.slots.get(request.params.name) ?? { current: null };
        request.audited.version = current?.artifact.digest ?? null;
        return {};
      },
    );
  admin('load', (name) => host.load(name));
  admin('unload', (name) => host.unload(name));
  admin('rollback', (name) => host.rollback(name));
}
