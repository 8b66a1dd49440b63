export interface ObjectStat {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** When it was created or last touched. */
  readonly modifiedMs: number;
}

export interface ListedObject extends ObjectStat {
  readonly key: string;
}

/**
 * Where a store keeps its objects: immutable bytes under keys like `blobs/sha256/ab/cdef…`. Segments of a key are lower-case
 * letters, digits, `.`, `_` and `-`. Objects are created once and never changed, which is all that blobs, manifests,
 * signatures and versions of names need; so a disk, S3 (`If-None-Match: *`) and NATS (`create`) can all be a driver.
 * A driver is one file in `drivers/` that passes `testing/driver-suite.ts`.
 */
export interface ArtifactDriver {
  /** Where this is, for people: a path or an address. */
  readonly location: string;
  /**
   * Creates an object. When it resolves with `created`, all bytes are durable and visible; before that, and after a failure
   * or a crash, none are. `exists` leaves the object that is there as it is, and may not read `source` at all.
   * @throws DiskFullError, AccessDeniedError, or what `source` throws
   */
  create(key: string, source: Uint8Array | AsyncIterable<Uint8Array>): Promise<'created' | 'exists'>;
  /** All bytes, owned by the caller; undefined if there is no such object. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** The bytes piece by piece, or undefined. */
  stream(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  stat(key: string): Promise<ObjectStat | undefined>;
  /** Makes an object look new, which protects it from `gc` for the grace period; false if there is none. */
  touch(key: string): Promise<boolean>;
  /** Objects under a folder-like prefix that ends in `/`, sorted by key; none if there is no such folder. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /**
   * Another text whenever objects came or went directly under a prefix; undefined while that cannot be told for certain. One look, however
   * many objects there are. A driver that has nothing of the kind leaves it out.
   */
  revision?(prefix: string): Promise<string | undefined>;
  /** Keys of the objects directly under a prefix, in no order: for drivers where `list` costs more per object. */
  keys?(prefix: string): Promise<string[]>;
  /** True if there was something to delete. */
  delete(key: string): Promise<boolean>;
}
