export { createAugmenter, type Augmenter } from './augment/augment.ts';
export { augmentSchema, parseAugmentSpec, type AugmentInput, type AugmentSpec } from './augment/spec.ts';
export { batches, createBatchLoader, type Batch, type BatchLoader, type BatchOptions } from './batches.ts';
export { checkDataset, type DatasetReport, type Leak, type SplitReport } from './check/check-dataset.ts';
export { imageHash } from './check/duplicates.ts';
export {
  createDataset,
  emptySplit,
  requireSplit,
  selectRows,
  splitNames,
  type Dataset,
  type DatasetParts,
  type DatasetSource,
  type ImageSet,
  type SourceFormat,
  type Split,
  type SplitName,
} from './dataset.ts';
export { decodeImage, defaultMaxPixels, imageFormats, type DecodeOptions } from './decode/decode-image.ts';
export { decodeDicom, isDicom, parseDicom, type DicomDecodeOptions } from './decode/dicom.ts';
export { dicomTransferSyntaxes, type TransferSyntax } from './decode/dicom-syntaxes.ts';
export { toRgb, type Raster } from './decode/raster.ts';
export { assertLabels, classCounts, labelWidthOf, missingClasses } from './labels.ts';
export {
  descriptorOf,
  medmnistDescriptors,
  medmnistFile,
  medmnistSizes,
  type MedmnistDescriptor,
  type MedmnistSize,
} from './medmnist/descriptors.ts';
export { taskOfDescriptor } from './medmnist/descriptor-task.ts';
export {
  downloadMedmnist,
  md5Of,
  medmnistBaseUrl,
  type DownloadOptions,
  type DownloadProgress,
  type DownloadResult,
} from './medmnist/download.ts';
export {
  defaultNpzLimits,
  readNpz,
  type Npz,
  type NpyArray,
  type NpyData,
  type NpzLimits,
  type ReadNpzOptions,
} from './npz/read-npz.ts';
export { type NpyType } from './npz/npy-header.ts';
export { encodeNpz, writeNpz, type WriteNpzOptions } from './npz/write-npz.ts';
export { preprocess, preprocessRaster, toResized } from './preprocess/preprocess.ts';
export { resizeImages, type ImageSize, type TargetSize } from './preprocess/resample.ts';
export {
  parsePreprocessSpec,
  preprocessSchema,
  resizeFilters,
  resizedSide,
  type PreprocessInput,
  type PreprocessSpec,
  type ResizeFilter,
} from './preprocess/spec.ts';
export { philox } from './random/philox.ts';
export { randomStream, streams, type RandomStream } from './random/random-stream.ts';
export { permutation, shuffle } from './random/shuffle.ts';
export { openCifarArchive, type CifarOptions } from './sources/cifar-archive.ts';
export { openCsv } from './sources/csv-source.ts';
export { openImageFolder } from './sources/image-folder.ts';
export { openNpz } from './sources/npz-source.ts';
export { openDataset } from './sources/open-dataset.ts';
export { type OpenOptions, type SplitFractions } from './sources/options.ts';
export { openShenzhen, shenzhenTask } from './sources/shenzhen.ts';
export { targetsOf, writeTarget } from './targets.ts';
export { textureImages } from './textures.ts';
