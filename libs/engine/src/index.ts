export { openEngine } from './devices/open-engine.ts';
export { exportOnnx, type ExportInput, type ExportOptions } from './export/export-onnx.ts';
export { probeEngines, type EngineProbe } from './devices/probe.ts';
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
export { attention } from './nn/attention.ts';
export { gelu } from './nn/gelu.ts';
export { layerNorm, normalize } from './nn/layer-norm.ts';
export { linear } from './nn/linear.ts';
