import type { AppError } from '@medlego/errors';
import type { Digest } from '@medlego/tensors';
import type { ArtifactDraft, ArtifactKind, Manifest } from './manifest.ts';
import type { NameHistory, NameVersion, SetNameOptions } from './names.ts';
import type { GcOptions, GcReport } from './gc.ts';
import type { LineageNode } from './lineage.ts';
import type { Signatures } from './signing.ts';
import type { VerifyOptions, VerifyReport } from './verify.ts';

export interface StoredArtifact {
  readonly digest: Digest;
  readonly manifest: Manifest;
  /** When this store first got it, ISO 8601 in UTC. */
  readonly created: string;
}

export interface ListedArtifact extends StoredArtifact {
  /** Current and earlier versions of names that point here, e.g. `pneumonia`, `pneumonia@1`. */
  readonly names: readonly string[];
}

export interface ResolveOptions {
  /** What it has to be. A name is looked up among these kinds only; default: all. */
  readonly kind?: ArtifactKind | readonly ArtifactKind[];
}

export interface ListOptions {
  readonly kind?: ArtifactKind | readonly ArtifactKind[];
  /** Only artifacts made from this one, directly. */
  readonly parent?: Digest;
  /** Only what comes behind this one: the last of the page before. */
  readonly after?: Pick<StoredArtifact, 'created' | 'digest'>;
  /** At most so many. Default: all. */
  readonly limit?: number;
  /** Told of each manifest that cannot be read, so that one damaged file does not hide the rest. Default: throw. */
  readonly onDamaged?: (digest: Digest, error: AppError) => void;
}

export interface PutOptions {
  /** Name to point at the artifact once all of it is stored. */
  readonly name?: string;
  /** Compare-and-set for the name: what it has to point at before, null for "must be new". */
  readonly expected?: Digest | null;
}

/**
 * Immutable, content-addressed artifacts and the names that point at them. Safe for several processes at once.
 *
 * A `ref` is a name (`pneumonia`), a version of it (`pneumonia@2`), either with its kind before it (`specialist/pneumonia`),
 * a digest (`sha256:…`) or the first 4 or more hex digits of one. A name wins over digits that look alike.
 */
export interface ArtifactStore {
  readonly location: string;

  /**
   * Stores files, then the manifest, then (if asked) the name: a crash in between leaves no name that points at nothing.
   * Storing the same content again gives the same digest and repairs damaged blobs.
   * @throws InvalidValueError naming the field, DiskFullError, AccessDeniedError, NameConflictError
   */
  put(draft: ArtifactDraft, options?: PutOptions): Promise<StoredArtifact>;

  /** @throws ArtifactNotFoundError, AmbiguousRefError listing the candidates */
  resolve(ref: string, options?: ResolveOptions): Promise<Digest>;

  /**
   * @throws as `resolve`; CorruptBlobError if the manifest's bytes are not those of its digest; ManifestVersionError;
   *   UntrustedArtifactError if the store requires a signature
   */
  get(ref: string, options?: ResolveOptions): Promise<StoredArtifact>;

  /**
   * Bytes of one file, checked against its digest, owned by the caller.
   * @throws InvalidValueError if the artifact has no such file; MissingBlobError, CorruptBlobError
   */
  readFile(artifact: Pick<StoredArtifact, 'digest' | 'manifest'>, file: string): Promise<Uint8Array>;

  /**
   * Copies all files, each checked, and `manifest.json` into a folder that must not exist yet (or be empty): the form that
   * `importFolder` takes, and that PEFT can load for a specialist. Nothing is left behind when it fails.
   */
  exportFolder(artifact: Pick<StoredArtifact, 'digest' | 'manifest'>, folder: string): Promise<void>;

  /** Stores what `exportFolder` wrote, after checking every file; same digest. */
  importFolder(folder: string, options?: PutOptions): Promise<StoredArtifact>;

  /** Sorted by time of creation, oldest first. Reads manifests and names, no files. */
  list(options?: ListOptions): Promise<ListedArtifact[]>;

  /** The artifact and, recursively, what it was made from, up to data sets and backbones. */
  lineage(ref: string, options?: ResolveOptions): Promise<LineageNode>;

  /** Reads and hashes everything (or one artifact's everything) and reports what is wrong. */
  verify(options?: VerifyOptions): Promise<VerifyReport>;

  /** Finds what no name leads to and, unless this is a dry run (the default), deletes it. */
  gc(options?: GcOptions): Promise<GcReport>;

  /** Points a name at an artifact that is stored completely. Pointing it at where it points already adds no version. */
  setName(kind: ArtifactKind, name: string, digest: Digest, options?: SetNameOptions): Promise<NameVersion>;
  /** @throws ArtifactNotFoundError */
  history(kind: ArtifactKind, name: string): Promise<NameHistory>;
  listNames(kind?: ArtifactKind): Promise<NameHistory[]>;
  /** Forgets a name and its history; the artifacts stay until `gc`. @throws ArtifactNotFoundError */
  removeName(kind: ArtifactKind, name: string): Promise<void>;

  readonly transfer: ArtifactTransfer;
}

/** Moves artifacts between stores, byte for byte. */
export interface ArtifactTransfer {
  /** Of these blobs, those that are not here, each once. */
  missing(digests: readonly Digest[]): Promise<Digest[]>;
  /**
   * A blob from a byte on, piece by piece. Throws at the end if its bytes were not those of the digest.
   * @throws MissingBlobError, CorruptBlobError
   */
  read(digest: Digest, offset?: number): AsyncIterable<Uint8Array>;
  /**
   * Stores a blob; nobody sees it before all of its bytes have proved to be those of the digest. One that is here already is
   * checked, and replaced if it is damaged. Gives its size.
   * @throws InvalidValueError for other bytes; DiskFullError
   */
  write(digest: Digest, source: AsyncIterable<Uint8Array>): Promise<number>;
  /**
   * Stores the canonical JSON of a manifest whose blobs are here, signatures that were made elsewhere, and (if asked) the name. Adds no
   * signature of this store's own.
   * @throws InvalidValueError naming the field, MissingBlobError, UntrustedArtifactError, NameConflictError
   */
  putManifest(bytes: Uint8Array, options?: PutOptions & { readonly signatures?: Signatures }): Promise<StoredArtifact>;
  signatures(digest: Digest): Promise<Signatures>;
}
