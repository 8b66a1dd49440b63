import type { Digest } from '@medlego/tensors';
import type { ArtifactKind } from './manifest.ts';

// Layout of a store, the same for every driver; docs/reference/artifacts.md describes it.

export const blobPrefix = 'blobs/sha256/';
export const manifestPrefix = 'manifests/sha256/';
export const namePrefix = 'names/';
export const temporaryPrefix = 'tmp/';

export const blobKey = (digest: Digest): string => blobPrefix + fanOut(digest);
/** One folder for all: there are few, and a listing reads them all. */
export const manifestKey = (digest: Digest): string => `${manifestPrefix}${hexOf(digest)}.json`;
export const signaturePrefixOf = (digest: Digest): string => `signatures/sha256/${hexOf(digest)}/`;
export const nameHistoryPrefix = (kind: ArtifactKind, name: string): string => `${namePrefix}${kind}/${name}/`;
export const nameVersionKey = (kind: ArtifactKind, name: string, version: number): string =>
  `${nameHistoryPrefix(kind, name)}${String(version).padStart(8, '0')}.json`;

const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);

/** `sha256:abcdef…` → `ab/cdef…`: 256 folders keep each one short. */
const fanOut = (digest: Digest): string => `${hexOf(digest).slice(0, 2)}/${hexOf(digest).slice(2)}`;

/** The digest of a blob's or manifest's key; undefined for a file that somebody else put there. */
export function digestOfKey(key: string): Digest | undefined {
  const hex = /^(?:blobs\/sha256\/([0-9a-f]{2}\/[0-9a-f]{62})|manifests\/sha256\/([0-9a-f]{64})\.json)$/.exec(key);
  return hex ? `sha256:${(hex[1] ?? hex[2]!).replace('/', '')}` : undefined;
}
