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
export { conv2d, type ConvOptions } from './nn/conv.ts';
export { frozenBatchNorm, type BatchNormTensors } from './nn/frozen-batch-norm.ts';
export { gelu } from './nn/gelu.ts';
export { layerNorm, normalize } from './nn/layer-norm.ts';
export { linear } from './nn/linear.ts';
export { quickGelu } from './nn/quick-gelu.ts';
export { stopGradient } from './nn/stop-gradient.ts';
