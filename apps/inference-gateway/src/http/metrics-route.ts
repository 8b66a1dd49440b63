import type { FastifyInstance } from 'fastify';
import type { Needs } from '../access/gate.ts';
import type { ModelHost, ModelSlot } from '../models/model-host.ts';

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly value: (slot: ModelSlot, host: ModelHost) => number;
}

/** Triton's names, so that its dashboards fit. */
const metrics: readonly Metric[] = [
  {
    name: 'nv_inference_request_success',
    help: 'Requests answered',
    type: 'counter',
    value: ({ statistics }) => statistics.success,
  },
  {
    name: 'nv_inference_request_failure',
    help: 'Requests that failed',
    type: 'counter',
    value: ({ statistics }) => statistics.failure,
  },
  {
    name: 'nv_inference_count',
    help: 'Images answered',
    type: 'counter',
    value: ({ statistics }) => statistics.inferences,
  },
  {
    name: 'nv_inference_exec_count',
    help: 'Batches with images of the model',
    type: 'counter',
    value: ({ statistics }) => statistics.executions,
  },
  {
    name: 'nv_inference_pending_request_count',
    help: 'Images that wait',
    type: 'gauge',
    value: ({ name }, host) => host.queuedOf(name),
  },
  {
    name: 'nv_inference_request_duration_us',
    help: 'Time of requests',
    type: 'counter',
    value: ({ statistics }) => statistics.requestMs * 1000,
  },
  {
    name: 'nv_inference_queue_duration_us',
    help: 'Time that images waited',
    type: 'counter',
    value: ({ statistics }) => statistics.queueMs * 1000,
  },
  {
    name: 'nv_inference_compute_infer_duration_us',
    help: 'Time of batches',
    type: 'counter',
    value: ({ statistics }) => statistics.computeMs * 1000,
  },
];

export interface MetricsOptions {
  /** Default: `read`. */
  readonly needs?: Needs;
  /** Prometheus text of the process, beside what the models say. */
  readonly processMetrics?: () => Promise<string>;
}

/** Prometheus text. */
export function registerMetrics(app: FastifyInstance, host: ModelHost, options: MetricsOptions): void {
  const { needs = ['read'], processMetrics } = options;
  app.get('/metrics', { config: { needs } }, async (_, reply) => {
    const lines = metrics.flatMap(({ name, help, type, value }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...[...host.slots.values()].map(
        (slot) =>
          `${name}{model="${slot.name}",version="${slot.current?.artifact.digest ?? ''}"} ${Math.round(value(slot, host))}`,
      ),
    ]);
    return reply.type('text/plain; version=0.0.4').send(`${lines.join('\n')}\n${(await processMetrics?.()) ?? ''}`);
  });
}
