import type { FastifyInstance } from 'fastify';
import type { ModelHost } from '../models/model-host.ts';
import { guardRoutes, type GuardOptions } from './guard.ts';
import { registerMetrics, type MetricsOptions } from './metrics-route.ts';
import { newApp, type AppOptions } from './new-app.ts';
import { registerRepository, registerRepositoryChanges } from './repository-routes.ts';

export interface AdminOptions extends AppOptions, GuardOptions, Pick<MetricsOptions, 'processMetrics'> {
  readonly notReady: () => string | undefined;
}

/** What runs the server asks and does, away from where clients are: probes and metrics for everyone who gets here, changes with the admin scope. */
export function createAdmin(host: ModelHost, options: AdminOptions): FastifyInstance {
  const app = newApp(options);
  guardRoutes(app, host, options);
  app.get('/livez', { config: { needs: 'open' } }, () => ({ live: true }));
  app.get('/readyz', { config: { needs: 'open' } }, (_, reply) => {
    const reason = options.notReady();
    return reply
      .code(reason === undefined ? 200 : 503)
      .send(reason === undefined ? { ready: true } : { error: reason });
  });
  registerMetrics(app, host, { ...options, needs: 'open' });
  registerRepository(app, host);
  registerRepositoryChanges(app, host);
  return app;
}
