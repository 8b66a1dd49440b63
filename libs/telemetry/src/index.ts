export { count, record } from './instruments.ts';
export { createLogger, type Logger, type LoggerOptions } from './logger.ts';
export { metrics, type MetricDefinition, type MetricName } from './metric-list.ts';
export { continueTrace, currentTraceparent, inSpan, type SpanOptions, type SpanRole } from './spans.ts';
