import { join } from 'node:path';
import {
  canonicalJson,
  createArtifactStore,
  createDiskDriver,
  type ArtifactStore,
  type FileSource,
  type ListedArtifact,
  type Manifest,
  type PutOptions,
  type ResolveOptions,
  type Signatures,
  type SigningOptions,
  type StoredArtifact,
} from '@medlego/artifacts';
import { RegistryDefinition, type RegistryClient } from '@medlego/contracts/rpc';
import { AppError, InvalidValueError } from '@medlego/errors';
import type { RpcConnection } from '@medlego/rpc';
import { digestBytes, isDigest } from '@medlego/tensors';
import { createRemoteBlobs, withCache } from './blobs.ts';
import { fromArtifact, fromLineage } from './from-messages.ts';
import { remoteNames, toExpected } from './names.ts';
import { allPages } from './pages.ts';
import { remoteTransfer } from './transfer.ts';
import { remoteUpkeep } from './upkeep.ts';

export interface RemoteStoreOptions {
  /** Folder that keeps downloaded files, checked anew when they are read; it can be deleted at any time. Default: none are kept. */
  readonly cacheFolder?: string;
  /** Signs what is put, and says which signatures are required of what is read, on this side. */
  readonly signing?: SigningOptions;
  /** The run whose results are put here: its service tells the others of them, not each `put`. */
  readonly run?: string;
}

/**
 * The artifact store behind a Registry service. Digests of manifests and files are checked on this side too. Errors have the codes of those
 * that a store on a disk throws, but not their classes: branch on `code`. The caller closes the connection.
 * @throws InvalidValueError for bad signing keys
 */
export async function openRemoteStore(rpc: RpcConnection, options: RemoteStoreOptions = {}): Promise<ArtifactStore> {
  const client: RegistryClient = rpc.client(RegistryDefinition);
  const assembly = await import('@medlego/artifacts/assembly');
  const { signing = {}, run, cacheFolder } = options;
  const signer = signing.privateKey === undefined ? undefined : assembly.createSigner(signing.privateKey);
  const trust = assembly.createTrustPolicy(signing);
  const blobs = createRemoteBlobs(client);
  const cache =
    cacheFolder === undefined ? undefined : createArtifactStore({ driver: createDiskDriver(cacheFolder) }).transfer;
  const fetchBlob = withCache(blobs, cache);

  const get = async (ref: string, resolve: ResolveOptions = {}): Promise<StoredArtifact> => {
    const { artifact } = await client.getArtifact({ ref, kinds: kindsOf(resolve.kind), signatures: trust.required });
    const found = fromArtifact(artifact, isDigest(ref) ? ref : artifact?.digest);
    assembly.assertTrusted(found.digest, artifact?.signatures ?? {}, trust);
    return found;
  };

  const putManifest = async (bytes: Uint8Array, { name, expected, signatures = {} }: ManifestOptions) => {
    const digest = digestBytes(bytes);
    const { artifact } = await client.putArtifact({
      manifestJson: new TextDecoder().decode(bytes),
      ...(name !== undefined && { name, ...toExpected(expected) }),
      ...(run !== undefined && { run }),
      signatures: { ...signatures, ...(signer && assembly.signWith(signer, digest)) },
    });
    return fromArtifact(artifact, digest);
  };

  const put = async (manifest: Manifest, sources: Sources, target: PutOptions): Promise<StoredArtifact> => {
    const bytes = canonicalJson(manifest, manifest.kind);
    for (let isRepeated = false; ; isRepeated = true) {
      const missing = await blobs.missing(Object.values(manifest.files));
      for (const [file, entry] of Object.entries(manifest.files))
        if (missing.delete(entry.digest))
          await blobs.upload(entry.digest, () => assembly.streamSource(sources[file]!, entry));
      try {
        return await putManifest(bytes, target);
      } catch (error) {
        // A collection of garbage may have taken a blob before the manifest could hold it.
        if (isRepeated || !(error instanceof AppError) || error.code !== 'missing_blob') throw error;
      }
    }
  };

  return {
    location: rpc.address,
    get,
    resolve: async (ref, resolve) => (await get(ref, resolve)).digest,

    put: async (draft, target = {}) => put(await assembly.describeDraft(draft), draft.files, target),

    async readFile({ manifest }, file) {
      const entry = Object.hasOwn(manifest.files, file) ? manifest.files[file] : undefined;
      if (!entry)
        throw new InvalidValueError({
          field: 'file',
          expected: `one of ${Object.keys(manifest.files).join(', ')}`,
          actual: file,
        });
      return collect(fetchBlob(entry.digest), entry.size);
    },

    exportFolder: ({ manifest }, folder) => assembly.exportToFolder(manifest, folder, (digest) => fetchBlob(digest)),

    async importFolder(folder, target = {}) {
      const manifest = await assembly.readFolderManifest(folder);
      const sources = await assembly.checkSources(manifest, (file) => ({ path: join(folder, ...file.split('/')) }));
      return put(manifest, sources, target);
    },

    async list({ kind, parent = '', after, limit = Infinity } = {}) {
      const kinds = kindsOf(kind);
      const pageSize = Math.min(1000, limit);
      const found: ListedArtifact[] = [];
      const first = after ? `${after.created} ${after.digest}` : '';
      for await (const message of allPages(async (pageToken) => {
        const page = await client.listArtifacts({ kinds, parent, pageSize, pageToken });
        return { items: page.artifacts, nextPageToken: page.nextPageToken };
      }, first))
        if (found.push({ ...fromArtifact(message), names: message.names }) >= limit) break;
      return found;
    },

    async lineage(ref, { kind } = {}) {
      const root = kind === undefined ? ref : (await get(ref, { kind })).digest;
      return fromLineage((await client.getLineage({ ref: root })).artifacts);
    },

    ...remoteUpkeep(client, rpc.address),
    ...remoteNames(client),
    transfer: remoteTransfer(client, blobs, putManifest),
  };
}

type Sources = Readonly<Record<string, FileSource>>;
type ManifestOptions = PutOptions & { readonly signatures?: Signatures };

const kindsOf = (kind: ResolveOptions['kind']): string[] =>
  kind === undefined ? [] : typeof kind === 'string' ? [kind] : [...kind];

/** A buffer of its own, so that tensors can be views of it. */
async function collect(pieces: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let done = 0;
  for await (const piece of pieces) {
    if (done + piece.length > size) throw tooMany(size);
    bytes.set(piece, done);
    done += piece.length;
  }
  return bytes.subarray(0, done);
}

const tooMany = (size: number) =>
  new InvalidValueError({ field: 'blob', expected: `${size} bytes, as the manifest says`, actual: 'more' });
