import type { Registry } from '@medlego/registry';
import type { FastifyInstance } from 'fastify';

/** The newest hundred runs of a registry, as it keeps them. */
export function registerRuns(app: FastifyInstance, registry: Registry): void {
  app.get('/api/v1/runs', async () => ({ runs: (await registry.runs.list({}, { limit: 100 })).runs }));
}
