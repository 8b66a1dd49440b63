import { AppError } from '@medlego/errors';
import { trace } from '@opentelemetry/api';
import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly service: string;
  /** `debug`, `info`, `warn`, `error`; default `MEDLEGO_LOG_LEVEL`, else `info`. */
  readonly level?: string | undefined;
  /** Default: standard error. */
  readonly destination?: DestinationStream;
}

/** JSON lines with the ids of the trace. Of an error the code, message and facts; the stack only of a bug. */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      base: { service },
      level: level || process.env['MEDLEGO_LOG_LEVEL'] || 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (error: unknown) => describe(error) },
      redact: {
        paths: ['token', '*.token', 'password', '*.password', 'authorization', '*.authorization'],
        censor: '…',
      },
      mixin: traceIds,
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
}

function traceIds(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

function describe(error: unknown): Record<string, unknown> {
  if (error instanceof AppError) return { ...error.toJSON() };
  if (!(error instanceof Error)) return { message: String(error) };
  return { name: error.name, message: error.message, stack: error.stack };
}
