export { parseOptions, usage, type PretrainOptions } from './options.ts';
export { pretrain, type PretrainedBackbone, type PretrainHooks } from './pretrain.ts';
export { backbonePreprocess, pretrainPreprocess, pretrainSettings } from './recipe.ts';
export { writeBackbone } from './write-backbone.ts';
