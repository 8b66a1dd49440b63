import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { InvalidValueError } from '@medlego/errors';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import * as prettier from 'prettier';
import { afterEach, describe, expect, it } from 'vitest';
import {
  continueTrace,
  count,
  createLogger,
  currentTraceparent,
  inSpan,
  metrics,
  record,
  type MetricDefinition,
} from './index.ts';
import { startTelemetry, type Telemetry } from './sdk/index.ts';

let telemetry: Telemetry | undefined;
afterEach(() => telemetry?.shutdown());

async function start() {
  const exporter = new InMemorySpanExporter();
  telemetry = await startTelemetry({
    service: 'test',
    env: {},
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  return exporter;
}

async function scrape(): Promise<string> {
  const server = createServer(telemetry!.answerMetrics).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [response] = (await once(get({ port: (server.address() as AddressInfo).port }), 'response')) as [
    AsyncIterable<Buffer>,
  ];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  server.close();
  return Buffer.concat(chunks).toString();
}

describe('spans', () => {
  it('are one trace across hops', async () => {
    const exporter = await start();
    let handed: string | undefined;
    await inSpan({ name: 'first' }, async () => {
      handed = currentTraceparent();
      await inSpan({ name: 'inner' }, () => Promise.resolve());
    });
    expect(handed).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    await continueTrace(handed, () => inSpan({ name: 'second', role: 'consumer' }, () => Promise.resolve()));
    await inSpan({ name: 'third', traceparent: handed! }, () => Promise.resolve());
    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name }) => name).sort()).toEqual(['first', 'inner', 'second', 'third']);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    const first = spans.find(({ name }) => name === 'first')!.spanContext().spanId;
    expect(spans.find(({ name }) => name === 'inner')!.parentSpanContext?.spanId).toBe(first);
  });

  it('keep the code of a failure, and not its words', async () => {
    const exporter = await start();
    const error = new InvalidValueError({ field: 'PatientName', expected: 'none', actual: 'Doe^Jane' });
    await expect(inSpan({ name: 'work' }, () => Promise.reject(error))).rejects.toBe(error);
    const [span] = exporter.getFinishedSpans();
    expect(span!.attributes).toEqual({ 'error.type': 'invalid_value' });
    expect(JSON.stringify([span!.events, span!.status])).not.toContain('Doe');
  });

  it('are none without telemetry', async () => {
    expect(await inSpan({ name: 'x' }, () => Promise.resolve(currentTraceparent()))).toBeUndefined();
  });
});

describe('metrics', () => {
  it('of the list are what Prometheus reads', async () => {
    await start();
    count('eventsPublished', { type: 'run.started' });
    count('eventsPublished', { type: 'run.started' }, 2);
    record('runDuration', 42, { kind: 'training', state: 'succeeded' });
    record('brokerConnected', 1, {});
    const text = await scrape();
    expect(text).toMatch(/^medlego_events_published_total\{type="run.started".*\} 3$/m);
    expect(text).toMatch(/^medlego_run_duration_bucket\{.*le="60".*\} 1$/m);
    expect(text).toMatch(/^medlego_broker_connected.* 1$/m);
  });

  it('have names and units that are OpenTelemetry’s', () => {
    for (const { name, unit } of Object.values(metrics)) {
      expect(name).toMatch(/^[a-z]+(\.[a-z_]+)+$/);
      expect(unit).toMatch(/^(s|1|\{[a-z]+\})$/);
    }
  });
});

describe('log lines', () => {
  const logged = (write: (log: ReturnType<typeof createLogger>) => void) => {
    const lines: string[] = [];
    const destination = new Writable({ write: (chunk: Buffer, _, done) => (lines.push(chunk.toString()), done()) });
    write(createLogger({ service: 'test', level: 'info', destination }));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  it('carry the trace, the error’s facts and no secret', async () => {
    await start();
    await inSpan({ name: 'work' }, () => {
      const [line] = logged((log) =>
        log.warn({ error: new InvalidValueError({ field: 'f', expected: 'e', actual: 'a' }), token: 'abc' }, 'refused'),
      );
      expect(line).toMatchObject({
        level: 'warn',
        service: 'test',
        msg: 'refused',
        token: '…',
        error: { code: 'invalid_value', facts: { field: 'f' } },
        trace_id: currentTraceparent()!.split('-')[1],
      });
      return Promise.resolve();
    });
  });
});

describe('startTelemetry', () => {
  it('names a sampler that is not there', async () => {
    const env = { OTEL_TRACES_SAMPLER: 'sometimes' };
    await expect(startTelemetry({ service: 'x', env })).rejects.toMatchObject({
      facts: { field: 'OTEL_TRACES_SAMPLER', actual: 'sometimes' },
    });
  });
});

it('docs/reference/metrics.md is current (else: npm run unit -- libs/telemetry -u)', async () => {
  const list: readonly MetricDefinition[] = Object.values(metrics);
  const page = [
    '# Metrics',
    '',
    'Made from `libs/telemetry/src/metric-list.ts`. Prometheus shows names with `_` for `.` and, of a counter, `_total` at its end. The gateway has the metrics of',
    "Triton's names beside these.",
    '',
    '| Metric | Kind | Unit | Labels | Meaning |',
    '| --- | --- | --- | --- | --- |',
    ...list.map(
      ({ name, kind, unit, labels, meaning }) =>
        `| \`${name}\` | ${kind} | ${unit} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${meaning} |`,
    ),
    '',
  ].join('\n');
  const path = fileURLToPath(new URL('../../../docs/reference/metrics.md', import.meta.url));
  const config = await prettier.resolveConfig(path);
  await expect(await prettier.format(page, { ...config, parser: 'markdown' })).toMatchFileSnapshot(path);
});
