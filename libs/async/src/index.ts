export { stopReason, throwIfStopped } from './abort.ts';
export { systemClock, type Clock } from './clock.ts';
export { withDeadline, type DeadlineOptions } from './deadline.ts';
export { mapConcurrent, type MapConcurrentOptions } from './map-concurrent.ts';
export { retry, type RetryOptions } from './retry.ts';
export { createScope, withScope, type DisposableResource, type Scope } from './scope.ts';
