export { findHelm } from './helm.ts';
export { chartFolder } from './paths.ts';
export {
  ciFile,
  ciNames,
  parseObjects,
  pick,
  renderAfresh,
  renderChart,
  renderText,
  type KubeObject,
} from './render.ts';
