import { join } from 'node:path';
import { ArtifactNotFoundError, InvalidValueError } from '@medlego/errors';
import type { Digest } from '@medlego/tensors';
import { createArtifactIndex } from './artifact-index.ts';
import { readBlob, streamBlob } from './blobs.ts';
import type { ArtifactDriver } from './driver.ts';
import { collectGarbage } from './gc.ts';
import { manifestKey } from './keys.ts';
import { readLineage } from './lineage.ts';
import { listArtifacts } from './list.ts';
import { appendName, assertKind, deleteName, listHistories, readHistory, type RememberedVersions } from './names.ts';
import { resolveRef, toKinds } from './resolve-ref.ts';
import {
  assertTrusted,
  checkSignature,
  createSigner,
  createTrustPolicy,
  readSignatures,
  signWith,
  writeSignatures,
  type SigningOptions,
} from './signing.ts';
import type { ArtifactStore, PutOptions, ResolveOptions, StoredArtifact } from './store.ts';
import { readManifest } from './stored-manifest.ts';
import { createTransfer } from './transfer.ts';
import { verifyArtifacts } from './verify.ts';

export interface CreateStoreOptions {
  readonly driver: ArtifactDriver;
  readonly signing?: SigningOptions;
  /** Milliseconds since 1970: for the history of names and the grace period of `gc`. Default: Date.now. */
  readonly now?: () => number;
}

/** The store over any driver. Does nothing until it is asked something. @throws InvalidValueError for bad signing keys */
export function createArtifactStore({ driver, signing = {}, now = Date.now }: CreateStoreOptions): ArtifactStore {
  const signer = signing.privateKey === undefined ? undefined : createSigner(signing.privateKey);
  const trust = createTrustPolicy(signing);
  const index = createArtifactIndex(driver);
  const rememberedVersions: RememberedVersions = new Map();

  const load = async (digest: Digest): Promise<StoredArtifact> => {
    const [manifest, stat] = [await readManifest(driver, digest), await driver.stat(manifestKey(digest))];
    if (!manifest || !stat) throw new ArtifactNotFoundError({ ref: digest, wanted: 'artifact', known: [] });
    return { digest, manifest, created: new Date(stat.createdMs).toISOString() };
  };

  const loadTrusted = async (digest: Digest): Promise<StoredArtifact> => {
    const artifact = await load(digest);
    if (await checkSignature(driver, digest, trust)) assertTrusted(digest, await readSignatures(driver, digest), trust);
    return artifact;
  };

  const resolve = (ref: string, options: ResolveOptions = {}) => resolveRef(driver, ref, options);

  /** What is left to do once files and manifest are stored: signature, then name. */
  const finish = async (digest: Digest, options: PutOptions): Promise<StoredArtifact> => {
    if (signer) await writeSignatures(driver, digest, signWith(signer, digest), () => true);
    return nameIt(digest, options);
  };
  const nameIt = async (digest: Digest, { name, expected }: PutOptions): Promise<StoredArtifact> => {
    const artifact = await load(digest);
    if (name !== undefined) await store.setName(artifact.manifest.kind, name, digest, { expected });
    return artifact;
  };

  const store: ArtifactStore = {
    location: driver.location,
    resolve,

    async put(draft, options = {}) {
      const { putArtifact } = await import('./put.ts');
      return finish(await putArtifact(driver, draft), options);
    },

    get: async (ref, options) => loadTrusted(await resolve(ref, options)),

    async readFile({ digest, manifest }, file) {
      const entry = Object.hasOwn(manifest.files, file) ? manifest.files[file] : undefined;
      if (!entry)
        throw new InvalidValueError({
          field: 'file',
          expected: `one of ${Object.keys(manifest.files).join(', ')}`,
          actual: file,
        });
      return readBlob(driver, entry.digest, `${file} of ${digest}`);
    },

    async exportFolder({ manifest }, folder) {
      const { exportToFolder } = await import('./folder.ts');
      await exportToFolder(manifest, folder, (digest, file) => streamBlob(driver, digest, file));
    },

    async importFolder(folder, options = {}) {
      const [{ readFolderManifest }, { importArtifact }] = [await import('./folder.ts'), await import('./put.ts')];
      const manifest = await readFolderManifest(folder);
      const digest = await importArtifact(driver, manifest, (file) => ({ path: join(folder, ...file.split('/')) }));
      return finish(digest, options);
    },

    list: (options = {}) =>
      listArtifacts(driver, index, () => listHistories(driver, undefined, rememberedVersions), options),

    lineage: async (ref, options) => readLineage(driver, await resolve(ref, options)),

    verify: async (options = {}) =>
      verifyArtifacts(driver, options.ref === undefined ? undefined : [await resolve(options.ref)], options, trust),

    gc: (options = {}) => collectGarbage(driver, options, now),

    async setName(kind, name, digest, options) {
      assertKind(kind);
      const { manifest } = await load(digest);
      if (manifest.kind !== kind)
        throw new InvalidValueError({ field: 'kind', expected: `${manifest.kind}, as ${digest} is`, actual: kind });
      const { assertBlobsPresent } = await import('./put.ts');
      await assertBlobsPresent(driver, digest, manifest);
      return appendName(driver, { kind, name, digest, at: new Date(now()).toISOString() }, options);
    },

    async history(kind, name) {
      const history = await readHistory(driver, kind, name);
      if (!history) {
        const known = (await listHistories(driver, [kind])).map((candidate) => candidate.name);
        throw new ArtifactNotFoundError({ ref: name, wanted: kind, known });
      }
      return history;
    },

    listNames: (kind) => listHistories(driver, toKinds(kind)),

    async removeName(kind, name) {
      await deleteName(driver, kind, name);
      rememberedVersions.clear(); // the name may come again within the precision of a driver's times
    },

    transfer: createTransfer(driver, trust, nameIt),
  };
  return store;
}
