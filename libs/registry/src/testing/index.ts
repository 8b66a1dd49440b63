export { describeRegistry } from './registry-suite.ts';
