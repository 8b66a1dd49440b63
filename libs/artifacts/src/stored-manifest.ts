import { CorruptBlobError, ManifestVersionError } from '@medlego/errors';
import { digestBytes, type Digest } from '@medlego/tensors';
import type { ArtifactDriver } from './driver.ts';
import { manifestKey } from './keys.ts';
import { manifestSchema, type Manifest } from './manifest.ts';

/**
 * A manifest of this store; undefined if it has none of that digest. Every manifest was checked field by field before it
 * was stored, and the digest proves that these are the same bytes, so the schema does not run again.
 * @throws CorruptBlobError, ManifestVersionError
 */
export async function readManifest(driver: ArtifactDriver, digest: Digest): Promise<Manifest | undefined> {
  const bytes = await driver.read(manifestKey(digest));
  if (!bytes) return undefined;
  const actual = digestBytes(bytes);
  if (actual !== digest) throw new CorruptBlobError({ subject: `manifest ${digest}`, expected: digest, actual });
  const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
  assertManifestVersion(manifest, `manifest ${digest}`);
  return manifest;
}

/** @throws ManifestVersionError unless the manifest is of the version that this code understands */
export function assertManifestVersion(manifest: { readonly schema?: unknown }, subject: string): void {
  if (manifest.schema !== manifestSchema)
    throw new ManifestVersionError({ subject, expected: manifestSchema, actual: String(manifest.schema) });
}
