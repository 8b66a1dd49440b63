export {
  asFloat32,
  assertFinite,
  assertShape,
  float32,
  hostTensor,
  sizeOf,
  type DType,
  type DTypeArrays,
  type HostTensor,
  type NamedTensors,
} from './host-tensor.ts';
