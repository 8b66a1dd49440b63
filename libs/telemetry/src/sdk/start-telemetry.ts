import type { IncomingMessage, ServerResponse } from 'node:http';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, type IMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { InvalidValueError } from '@medlego/errors';
import { forgetInstruments } from '../instruments.ts';

export interface TelemetryOptions {
  /** `medlego-trainer`; `OTEL_SERVICE_NAME` wins. */
  readonly service: string;
  readonly version?: string;
  /** The standard variables, `OTEL_*`. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told of each span besides the exporter: for tests. */
  readonly spanProcessors?: readonly SpanProcessor[];
}

export interface Telemetry {
  /** Answers with all metrics as Prometheus text. */
  readonly answerMetrics: (request: IncomingMessage, response: ServerResponse) => void;
  /** The same text, for a page that has other metrics too. */
  metricsText(): Promise<string>;
  /** Sends what was not sent yet, then stops. */
  shutdown(): Promise<void>;
}

/**
 * Turns on traces and metrics for this process. Spans go to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names, as OTLP over HTTP; metrics
 * too, and are there for Prometheus in any case. Without an endpoint spans only carry their ids from hop to hop and into logs.
 * @throws InvalidValueError for a sampler that is not there
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { env = process.env, service, version = '0.1.0', spanProcessors = [] } = options;
  const resource = defaultResource().merge(
    resourceFromAttributes({ 'service.name': env['OTEL_SERVICE_NAME'] || service, 'service.version': version }),
  );
  const isOff = env['OTEL_SDK_DISABLED'] === 'true';
  const sends = (kind: 'TRACES' | 'METRICS') =>
    !isOff &&
    env[`OTEL_${kind}_EXPORTER`] !== 'none' &&
    Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env[`OTEL_EXPORTER_OTLP_${kind}_ENDPOINT`]);

  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const traces = new TracerProvider({
    resource,
    sampler: isOff ? new AlwaysOffSampler() : samplerOf(env),
    spanProcessors: [...spanProcessors, ...(sends('TRACES') ? [await otlpSpans()] : [])],
  });
  trace.setGlobalTracerProvider(traces);

  const prometheus = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true });
  const meters = new MeterProvider({
    resource,
    readers: [prometheus, ...(sends('METRICS') ? [await otlpMetrics()] : [])],
  });
  metrics.setGlobalMeterProvider(meters);
  forgetInstruments();

  return {
    answerMetrics: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    async metricsText() {
      const { resourceMetrics } = await prometheus.collect();
      return new PrometheusSerializer(undefined, false, undefined, true, true).serialize(resourceMetrics);
    },
    async shutdown() {
      await Promise.allSettled([traces.shutdown(), meters.shutdown()]); // a collector that is away holds nobody up
      for (const api of [context, propagation, trace, metrics]) api.disable();
      forgetInstruments();
    },
  };
}

// Loaded where they are needed only: an idle service is small.
async function otlpSpans(): Promise<SpanProcessor> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace');
  return new BatchSpanProcessor({ exporter: new OTLPTraceExporter() });
}

async function otlpMetrics(): Promise<IMetricReader> {
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto');
  const { PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics');
  return new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() });
}

function samplerOf(env: Readonly<Record<string, string | undefined>>): Sampler {
  const name = env['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on';
  const roots: Readonly<Record<string, () => Sampler>> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratioOf(env)),
  };
  const root = roots[name.replace(/^parentbased_/, '')];
  if (!root)
    throw new InvalidValueError({
      field: 'OTEL_TRACES_SAMPLER',
      expected: `${Object.keys(roots).join(', ')}, each also with parentbased_`,
      actual: name,
    });
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root: root() }) : root();
}

function ratioOf(env: Readonly<Record<string, string | undefined>>): number {
  const text = env['OTEL_TRACES_SAMPLER_ARG'] || '1';
  const ratio = Number(text);
  if (!(ratio >= 0 && ratio <= 1))
    throw new InvalidValueError({ field: 'OTEL_TRACES_SAMPLER_ARG', expected: 'a number from 0 to 1', actual: text });
  return ratio;
}
