import type { ArtifactKind, LineageNode, Manifest, NameHistory, StoredArtifact } from '@medlego/artifacts';
import { assertManifestVersion } from '@medlego/artifacts/assembly';
import type { Artifact, StoredName } from '@medlego/contracts/rpc';
import { CorruptBlobError } from '@medlego/errors';
import { digestBytes, type Digest } from '@medlego/tensors';

/**
 * An artifact as it was sent, its digest checked.
 * @param expected the digest that was asked for
 * @throws CorruptBlobError, ManifestVersionError
 */
export function fromArtifact(message: Artifact | undefined, expected = message?.digest): StoredArtifact {
  const text = message?.manifestJson ?? '';
  const actual = digestBytes(new TextEncoder().encode(text));
  if (actual !== expected) throw new CorruptBlobError({ subject: 'manifest', expected: expected ?? 'one', actual });
  const manifest = JSON.parse(text) as Manifest;
  assertManifestVersion(manifest, `manifest ${actual}`);
  return { digest: actual, manifest, created: (message?.created ?? new Date(0)).toISOString() };
}

export const fromStoredName = ({ kind, name, versions }: StoredName): NameHistory => ({
  kind: kind as ArtifactKind,
  name,
  versions: versions.map(({ version, digest, at }) => ({
    kind: kind as ArtifactKind,
    name,
    version,
    digest: digest as Digest,
    at: at!.toISOString(),
  })),
});

/** The tree of the first artifact; every ancestor is one object. */
export function fromLineage(messages: readonly Artifact[]): LineageNode {
  const artifacts = new Map(messages.map((message) => [message.digest, fromArtifact(message)]));
  const nodes = new Map<Digest, LineageNode>();
  const visit = (digest: Digest): LineageNode => {
    const known = nodes.get(digest);
    if (known) return known;
    const manifest = artifacts.get(digest)?.manifest;
    const parents = (manifest?.parents ?? []).map((parent) => ({ role: parent.role, node: visit(parent.digest) }));
    const node: LineageNode = { digest, manifest, parents };
    nodes.set(digest, node);
    return node;
  };
  return visit(fromArtifact(messages[0]).digest);
}
