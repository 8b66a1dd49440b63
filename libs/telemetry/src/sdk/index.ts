export { startTelemetry, type Telemetry, type TelemetryOptions } from './start-telemetry.ts';
export { traceProgram, type TraceProgramOptions } from './trace-program.ts';
