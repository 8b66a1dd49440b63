export { changeEntry } from './change-entry.ts';
export type { Change, Entry, KeyValue, WatchOptions } from './key-value/key-value.ts';
export { fromSegment, toSegment } from './key-value/keys.ts';
export type { MemoryOptions } from './key-value/memory.ts';
export type { NatsKeyValueOptions } from './key-value/nats.ts';
export {
  decisionOutcomes,
  type Decision,
  type DecisionOutcome,
  type NameRecord,
  type NameRecordAt,
  type PublishedVersion,
} from './names/name-record.ts';
export type { DecideOptions, NameRegistry, PublishOptions } from './names/name-registry.ts';
export { createRegistry, openRegistry, type Registry, type RegistryConfig } from './registry.ts';
export { advanceRun, type RunChange } from './runs/advance-run.ts';
export {
  isFinal,
  runKinds,
  runStates,
  type Json,
  type Run,
  type RunAt,
  type RunKind,
  type RunProgress,
  type RunState,
} from './runs/run.ts';
export { runIdOf, type RunDraft, type RunFilter, type RunPage, type RunRegistry } from './runs/run-registry.ts';
