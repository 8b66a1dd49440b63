/** What a metric is: one line of the list that instruments, dashboards and the reference page come from. */
export interface MetricDefinition {
  /** OpenTelemetry's name; Prometheus shows it with `_` for `.` and, of a counter, `_total` at its end. */
  readonly name: string;
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** UCUM: `s`, `{run}`. */
  readonly unit: string;
  readonly meaning: string;
  /** Few values each; never digests, ids of runs or anything of a patient. */
  readonly labels: readonly string[];
  /** Bounds of a histogram. */
  readonly bounds?: readonly number[];
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const minutes = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 43_200];

/** All metrics of the services. A new one is a line here. */
export const metrics = {
  rpcServerDuration: {
    name: 'rpc.server.call.duration',
    kind: 'histogram',
    unit: 's',
    meaning: 'Time of calls that a service answered.',
    labels: ['rpc.method', 'rpc.status_code'],
    bounds: seconds,
  },
  eventsPublished: {
    name: 'medlego.events.published',
    kind: 'counter',
    unit: '{event}',
    meaning: 'Events that the broker took.',
    labels: ['type'],
  },
  eventsHandled: {
    name: 'medlego.events.handled',
    kind: 'counter',
    unit: '{event}',
    meaning: 'Deliveries of events: done, to be delivered again, or given up as dead letters.',
    labels: ['type', 'durable', 'outcome'],
  },
  runsEnded: {
    name: 'medlego.runs.ended',
    kind: 'counter',
    unit: '{run}',
    meaning: 'Runs that have ended.',
    labels: ['kind', 'state'],
  },
  runDuration: {
    name: 'medlego.run.duration',
    kind: 'histogram',
    unit: 's',
    meaning: 'Time from the request of a run to its end.',
    labels: ['kind', 'state'],
    bounds: minutes,
  },
  decisions: {
    name: 'medlego.generalist.decisions',
    kind: 'counter',
    unit: '{decision}',
    meaning: 'Promotions, rollbacks and refusals of generalists.',
    labels: ['outcome'],
  },
  brokerConnected: {
    name: 'medlego.broker.connected',
    kind: 'gauge',
    unit: '1',
    meaning: '1 while the broker answers, else 0.',
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof metrics;
