import { inSpan } from '../spans.ts';
import { startTelemetry } from './start-telemetry.ts';

export interface TraceProgramOptions {
  /** `medlego-trainer-job` */
  readonly service: string;
  /** Of the span around all of it. */
  readonly name: string;
  /** `OTEL_*`, and `TRACEPARENT` of whoever started the program. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a short program as one span, in the trace of whoever started it, and sends all before it ends. Without a collector it runs it and
 * nothing else.
 */
export async function traceProgram<T>({ service, name, env }: TraceProgramOptions, work: () => Promise<T>): Promise<T> {
  const hasCollector = env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  if (!hasCollector) return work();
  const telemetry = await startTelemetry({ service, env });
  try {
    const traceparent = env['TRACEPARENT'];
    return await inSpan({ name, ...(traceparent && { traceparent }) }, work);
  } finally {
    await telemetry.shutdown();
  }
}
