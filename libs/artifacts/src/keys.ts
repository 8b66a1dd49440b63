import type { Digest } from '@medlego/tensors';
import type { ArtifactKind } from './manifest.ts';

// Layout of a store, the same for every driver; docs/reference/artifacts.md describes it.

export const blobPrefix = 'blobs/sha256/';
export const manifestPrefix = 'manifests/sha256/';
export const namePrefix = 'names/';
export const temporaryPrefix = 'tmp/';

export const blobKey = (digest: Digest): string => blobPrefix + fanOut(digest);
export const manifestKey = (digest: Digest): string => `${manifestPrefix}${fanOut(digest)}`;
export const signaturePrefixOf = (digest: Digest): string => `signatures/sha256/${fanOut(digest)}/`;
export const nameHistoryPrefix = (kind: ArtifactKind, name: string): string => `${namePrefix}${kind}/${name}/`;
export const nameVersionKey = (kind: ArtifactKind, name: string, version: number): string =>
  `${nameHistoryPrefix(kind, name)}${String(version).padStart(8, '0')}.json`;

/** `sha256:abcdef…` → `ab/cdef…`: 256 folders keep each one short. */
const fanOut = (digest: Digest): string => {
  const hex = digest.slice('sha256:'.length);
  return `${hex.slice(0, 2)}/${hex.slice(2)}`;
};

/** The digest of a blob's or manifest's key; undefined for a file that somebody else put there. */
export function digestOfKey(key: string): Digest | undefined {
  const match = /^(?:blobs|manifests)\/sha256\/([0-9a-f]{2})\/([0-9a-f]{62})$/.exec(key);
  return match ? `sha256:${match[1]}${match[2]}` : undefined;
}
