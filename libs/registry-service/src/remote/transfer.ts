import type { ArtifactTransfer } from '@medlego/artifacts';
import type { RegistryClient } from '@medlego/contracts/rpc';
import type { RemoteBlobs } from './blobs.ts';

export const remoteTransfer = (
  client: RegistryClient,
  blobs: RemoteBlobs,
  putManifest: (
    ...args: Required<Parameters<ArtifactTransfer['putManifest']>>
  ) => ReturnType<ArtifactTransfer['putManifest']>,
): ArtifactTransfer => ({
  missing: async (digests) => [...(await blobs.missing(digests.map((digest) => ({ digest, size: 0 }))))],
  read: (digest, offset) => blobs.download(digest, offset),

  write: (digest, source) => blobs.send(digest, source),

  putManifest: (bytes, options = {}) => putManifest(bytes, options),

  async signatures(digest) {
    return (await client.getArtifact({ ref: digest, signatures: true })).artifact?.signatures ?? {};
  },
});
