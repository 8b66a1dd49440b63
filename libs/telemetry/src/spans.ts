import { context, propagation, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';

export type SpanRole = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export interface SpanOptions {
  readonly name: string;
  readonly role?: SpanRole;
  /** Never digests of images, file names, or anything of a patient. */
  readonly attributes?: Attributes;
  /** W3C trace context of the hop before; default: the span that runs now. */
  readonly traceparent?: string;
}

const kinds: Readonly<Record<SpanRole, SpanKind>> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** Runs `work` within a span, which is the parent of what `work` starts. Costs next to nothing until `startTelemetry` was called. */
export async function inSpan<T>(options: SpanOptions, work: () => Promise<T>): Promise<T> {
  const { name, role = 'internal', attributes = {}, traceparent } = options;
  const parent = traceparent === undefined ? context.active() : contextOf(traceparent);
  return trace.getTracer('medlego').startActiveSpan(name, { kind: kinds[role], attributes }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      const code = (error as { readonly code?: unknown } | undefined)?.code;
      span.setAttribute('error.type', typeof code === 'string' ? code : 'unexpected');
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The W3C trace context to hand to the next hop; undefined without a trace. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'];
}

/** Runs `work` as a part of the trace that a hop handed over. */
export const continueTrace = <T>(traceparent: string | undefined, work: () => T): T =>
  traceparent === undefined ? work() : context.with(contextOf(traceparent), work);

const contextOf = (traceparent: string) => propagation.extract(context.active(), { traceparent });
