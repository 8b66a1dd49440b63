export { createMemoryDriver } from '../drivers/memory.ts';
export { describeArtifactDriver } from './driver-suite.ts';
export { describeArtifactStore } from './store-suite.ts';
