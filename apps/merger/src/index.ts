export { createMerger, type Merger, type MergerOptions } from './merger.ts';
export { mergingScopes } from './merging-service.ts';
