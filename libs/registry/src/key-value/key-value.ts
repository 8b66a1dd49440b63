export interface Entry {
  readonly key: string;
  /** JSON. */
  readonly value: unknown;
  /** Of the whole bucket: grows with every change of any key. */
  readonly revision: number;
}

/** A change as `watch` tells it; a deleted key has no value. */
export type Change =
  (Entry & { readonly deleted: false }) | { readonly key: string; readonly revision: number; readonly deleted: true };

export interface WatchOptions {
  /** Only keys that begin with this and a dot: `run`. */
  readonly under?: string;
  /** Only changes after this revision; 0, the default, begins with all keys as they are. */
  readonly after?: number;
  /** Ends the watch. */
  readonly signal?: AbortSignal;
}

/**
 * Small JSON documents under keys like `run.abc`, with revisions. Segments of a key are lower-case letters, digits, `-`, `_` and `=`,
 * separated by dots. Every write is conditional, so two writers never overwrite each other unseen.
 */
export interface KeyValue extends AsyncDisposable {
  readonly location: string;
  get(key: string): Promise<Entry | undefined>;
  /** The new revision, or undefined if the key is there already. Durable when it resolves. */
  create(key: string, value: unknown): Promise<number | undefined>;
  /** The new revision, or undefined if the key's revision is another one by now. Durable when it resolves. */
  update(key: string, value: unknown, revision: number): Promise<number | undefined>;
  /** False if the key's revision is another one by now. */
  delete(key: string, revision: number): Promise<boolean>;
  /** All entries below, sorted by key. */
  list(under: string): Promise<Entry[]>;
  /**
   * Entries as they are (unless `after` is given), then changes as they happen, in the order of revisions. Of a key that changed several
   * times, only the newest state may be told. Ends with the signal, or when the bucket is closed.
   */
  watch(options?: WatchOptions): AsyncIterable<Change>;
  close(): Promise<void>;
}
