export type {
  Device,
  Engine,
  EngineInfo,
  EngineName,
  EngineOptions,
  EngineState,
  Program,
  ProgramSpec,
  PureArguments,
  PureFunction,
  PureResult,
  TensorMap,
} from './engine.ts';
export { attention, gelu, layerNorm, linear } from './nn/layers.ts';
