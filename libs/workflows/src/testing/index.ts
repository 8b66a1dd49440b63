export { noiseImages, randomUpdates, tinyBackbone, tinyConfig, tinyHead } from './tiny-members.ts';
export { storeTinySpecialists, tinyData, tinyTask } from './tiny-store.ts';
export { storeTinyVariant, type TinyVariant } from './tiny-variant.ts';
