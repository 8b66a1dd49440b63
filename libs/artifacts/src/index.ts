export { assertSameBackbone } from './backbone.ts';
export { canonicalJson } from './canonical-json.ts';
export { createArtifactStore, type CreateStoreOptions } from './create-store.ts';
export type { ArtifactDriver, ListedObject, ObjectStat } from './driver.ts';
export { createDiskDriver } from './drivers/disk.ts';
export type { GcOptions, GcReport } from './gc.ts';
export type { LineageNode } from './lineage.ts';
export {
  artifactKinds,
  manifestSchema,
  type ArtifactDraft,
  type ArtifactKind,
  type FileEntry,
  type FileSource,
  type Json,
  type Manifest,
  type Parent,
} from './manifest.ts';
export { currentVersion, type NameHistory, type NameVersion, type SetNameOptions } from './names.ts';
export { openArtifactStore, type OpenStoreOptions } from './open-store.ts';
export { readSigning, signingVariables } from './read-signing.ts';
export { assertName, parseRef, type ParsedRef } from './ref.ts';
export { createSigningKeyPair, type Signatures, type SigningKeyPair, type SigningOptions } from './signing.ts';
export { assertCompleteDraft, backboneFiles, generalistFiles, jsonFile, specialistFiles } from './specialist-format.ts';
export type {
  ArtifactStore,
  ArtifactTransfer,
  ListedArtifact,
  ListOptions,
  PutOptions,
  ResolveOptions,
  StoredArtifact,
} from './store.ts';
export { joinTerms, type Terms } from './terms.ts';
export type { Problem, ProblemKind, VerifyOptions, VerifyReport } from './verify.ts';
