export {
  gridSize,
  mlpDim,
  parseVitConfig,
  tokenCount,
  vitConfigSchema,
  type VitConfig,
  type VitConfigInput,
} from './config/vit-config.ts';
export {
  featureDim,
  isResnet,
  parseBackboneConfig,
  withoutHead,
  type BackboneConfig,
} from './config/backbone-config.ts';
export {
  parseResnetConfig,
  type ModifiedResnetConfig,
  type ModifiedResnetConfigInput,
} from './config/resnet-config.ts';
export { findPreset, presetConfig, presetNames, type PresetName, type VitPresetName } from './config/presets.ts';
export { adapterTargets, describeBackbone } from './config/describe-backbone.ts';
export { paramShapes } from './config/param-shapes.ts';
export { RandomStream } from './random/random-stream.ts';
export { initHead, initParams } from './params/init-params.ts';
export { assertParams } from './params/assert-params.ts';
export {
  adapterKinds,
  adapterScaling,
  adapterSpecSchema,
  parseAdapterSpec,
  type AdapterKind,
  type AdapterSpec,
  type AdapterSpecInput,
} from './adapters/adapter-spec.ts';
export {
  allModules,
  findModule,
  modulePath,
  modulePattern,
  moduleShape,
  moduleWeight,
  modulesOf,
  parseModulePath,
  targetModules,
  type BackboneModule,
  type TargetModule,
} from './adapters/modules.ts';
export { adaptedModules, assertAdapter, parseFactorName, type FactorName } from './adapters/adapter-tensors.ts';
export { initAdapter, type InitAdapterOptions } from './adapters/init-adapter.ts';
export { orthogonalityPenalty, type OrthogonalityOptions } from './adapters/orthogonality.ts';
export { type ForwardAdapter } from './forward/low-rank.ts';
export { forwardFeatures, forwardTokens, headLogits } from './forward/forward.ts';
export { tappedFeatures, type ModuleTap } from './forward/tapped-features.ts';
export { attentionMap, attentionMethods, type AttentionMethod } from './explain/attention-maps.ts';
export { resizeBackbone, resizePosEmbed } from './params/resize-pos-embed.ts';
export { adapterFromUpdates, adapterUpdates, type HostAdapter } from './adapters/updates.ts';
export { foldAdapter, foldUpdates } from './adapters/fold.ts';
export { nameFamilies, type NameFamily } from './formats/names.ts';
export { type ExportBundle, type JsonObject } from './formats/bundle.ts';
export { type BackbonePreprocess } from './formats/preprocessing.ts';
export { exportOpenClip } from './formats/open-clip/export-open-clip.ts';
export { type StatedTower } from './formats/open-clip/import-open-clip.ts';
export { importBackbone, type BackboneFiles, type ImportedBackbone } from './formats/import-backbone.ts';
export { exportHf, exportTimm, type ExportedModel } from './formats/export-backbone.ts';
export { importPeft, type ImportedAdapter, type PeftFiles } from './formats/import-peft.ts';
export { exportPeft, type ExportedAdapter, type PeftExportOptions } from './formats/export-peft.ts';
export { exportMelo, importMelo, isMelo, type MeloFile } from './formats/melo.ts';
export { locateImport, type ImportLocation } from './io/locate.ts';
export { readAdapter, readBackbone, type ReadAdapterOptions } from './io/read-import.ts';
export { writeBundle } from './io/write-bundle.ts';
