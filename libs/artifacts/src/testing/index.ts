export { createMemoryDriver } from '../drivers/memory.ts';
export { describeArtifactDriver } from './driver-suite.ts';
