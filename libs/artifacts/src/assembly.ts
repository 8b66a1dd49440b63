// An entry point of its own (`@medlego/artifacts/assembly`), with the schema library: the steps of storing and exporting, for stores that are
// not built on a driver.
export { describeSource, streamSource } from './blobs.ts';
export { exportToFolder, readFolderManifest } from './folder.ts';
export { readManifestBytes } from './manifest-bytes.ts';
export { checkSources, describeDraft } from './put.ts';
export { assertTrusted, createSigner, createTrustPolicy, signWith, type Signer, type TrustPolicy } from './signing.ts';
export { assertManifestVersion } from './stored-manifest.ts';
