export { syncFolder, writeFileAtomic, type AtomicWriteOptions } from './atomic-file.ts';
export { digestBytes, digestTensors, isDigest, type Digest } from './digest.ts';
export type { DiskDType } from './dtype.ts';
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
export {
  parseSafetensors,
  readSafetensors,
  readSafetensorsHeader,
  type Safetensors,
  type TensorInfo,
} from './safetensors/read.ts';
export { openSafetensors, type SafetensorsFile } from './safetensors/open.ts';
export {
  encodeSafetensors,
  streamSafetensors,
  writeSafetensors,
  type SafetensorsMetadata,
} from './safetensors/write.ts';
