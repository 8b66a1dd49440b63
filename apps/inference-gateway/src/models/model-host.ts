import type { ArtifactStore } from '@medlego/artifacts';
import { systemClock, type Clock } from '@medlego/async';
import { AppError, ModelNotReadyError, ModelNotServedError, nearestName, ServingQueueFullError } from '@medlego/errors';
import type { NameRegistry } from '@medlego/registry';
import type { AttentionMethod } from '@medlego/vit';
import { ComputeThread } from '../compute/compute-thread.ts';
import { Batcher } from '../batching/batcher.ts';
import { ModelStatistics } from './model-statistics.ts';
import { backboneOpener, readVersion, type VersionFiles } from './read-version.ts';
import { wantedVersion, type WantedVersion } from './wanted-version.ts';

/** One version in memory, ready to answer. Disposed of when nobody uses it and no name keeps it. */
export interface ServedVersion extends VersionFiles {
  /** Names its weights in the computing thread. */
  readonly key: string;
  users: number;
  kept: boolean;
}

export interface ModelSlot {
  readonly name: string;
  current: ServedVersion | null;
  /** The version before, for instant rollback. */
  previous: ServedVersion | null;
  /** Why there is no current version, or why the newest one was not taken. */
  problem: string | null;
  /** Digest that a rollback left: not taken up again until the name points elsewhere. */
  rejected: string | null;
  /** No version may be served yet; that alone makes no server unready. */
  isAwaited: boolean;
  readonly statistics: ModelStatistics;
}

export interface ModelHostOptions {
  readonly store: ArtifactStore;
  /** Where names are decided about; default: what the store's names point at is served. */
  readonly names?: NameRegistry;
  /** Folders that hold backbones as folders of their name. */
  readonly modelFolders?: readonly string[];
  readonly threads?: number;
  readonly maxBatch?: number;
  readonly maxDelayMs?: number;
  readonly maxQueuedImages?: number;
  readonly maxQueuedBytes?: number;
  readonly clock?: Clock;
}

interface Row {
  readonly version: ServedVersion;
  readonly name: string;
  readonly pixels: Float32Array;
}

export interface InferOptions {
  readonly priority?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export const defaultTimeoutMs = 30_000;

/** Explanations wait beside the queue, for one image each; more than this make no sense. */
const maxExplaining = 16;

/** The models of one server: what each name answers with, and the one queue that all share. */
export class ModelHost {
  readonly slots = new Map<string, ModelSlot>();
  readonly clock: Clock;
  readonly started: number;
  readonly maxBatch: number;
  /** What a name should answer with by now. */
  readonly wanted: WantedVersion;
  readonly #store: ArtifactStore;
  readonly #compute: ComputeThread;
  readonly #batcher: Batcher<Row, Float32Array>;
  readonly #openBackbone: ReturnType<typeof backboneOpener>;
  /** Changes of one name happen one after the other. */
  readonly #changes = new Map<string, Promise<unknown>>();
  #versions = 0;
  #explaining = 0;
  draining = false;

  constructor(options: ModelHostOptions) {
    const { store, modelFolders = [], threads, maxBatch = 32, maxDelayMs = 2, clock = systemClock } = options;
    this.clock = clock;
    this.started = clock.now();
    this.maxBatch = maxBatch;
    this.#store = store;
    this.wanted = wantedVersion(store, options.names);
    this.#compute = new ComputeThread({ threads });
    this.#openBackbone = backboneOpener(store, modelFolders);
    this.#batcher = new Batcher<Row, Float32Array>({
      clock,
      maxBatch,
      maxDelayMs,
      maxRows: options.maxQueuedImages ?? 1024,
      maxBytes: options.maxQueuedBytes ?? 1024 ** 3,
      compute: (rows) => this.#run(rows),
      onBatch: (rows, queuedMs, computeMs) => this.#count(rows, queuedMs, computeMs),
    });
  }

  get store(): ArtifactStore {
    return this.#store;
  }

  get computeFailure(): string | undefined {
    return this.#compute.failure;
  }

  /** @throws ModelNotServedError naming the nearest name */
  slot(name: string): ModelSlot {
    const slot = this.slots.get(name);
    if (slot) return slot;
    const served = [...this.slots.keys()];
    throw new ModelNotServedError({ model: name, served, nearest: nearestName(name, served) });
  }

  queuedOf(name: string): number {
    return this.#batcher.queuedOf(name);
  }

  /**
   * Fetch, verify, build, warm up, then switch: from one request to the next. The version before stays in memory.
   * @param ref what to load; default: what `wanted` says. Pointing at what is served already changes nothing
   * @throws ModelNotReadyError where no version is promoted yet, errors of the store and of `readVersion`; the version that served goes on serving
   */
  load(name: string, ref?: string): Promise<ServedVersion> {
    return this.#change(name, async () => {
      const known = this.slots.get(name);
      const slot = known ?? emptySlot(name);
      this.slots.set(name, slot);
      try {
        const digest = ref ?? (await this.wanted(name));
        slot.isAwaited = digest === null && !slot.current;
        if (digest === null) throw new ModelNotReadyError({ model: name, reason: 'no version of it is promoted yet' });
        const artifact = await this.#store.get(digest, { kind: ['specialist', 'generalist'] });
        if (slot.current?.artifact.digest === artifact.digest) {
          slot.problem = null;
          return slot.current;
        }
        const next = await this.#build(name, await readVersion(this.#store, artifact, this.#openBackbone));
        const oldest = slot.previous;
        slot.previous = slot.current;
        slot.current = next;
        slot.problem = null;
        slot.rejected = null;
        await this.#letGo(oldest);
        return next;
      } catch (error) {
        slot.problem = error instanceof Error ? error.message : String(error);
        if (!known && error instanceof AppError && error.kind === 'not_found') this.slots.delete(name); // there is no such model
        throw error;
      }
    });
  }

  /** `load` for the start: a model of which no version is promoted yet is awaited, and is no failure. @throws as `load` otherwise */
  async open(name: string): Promise<void> {
    try {
      await this.load(name);
    } catch (error) {
      if (!this.slots.get(name)?.isAwaited) throw error;
    }
  }

  /** Puts the version before back, at once. @throws ModelNotServedError, ModelNotReadyError without one */
  rollback(name: string): Promise<ServedVersion> {
    return this.#change(name, () => {
      const slot = this.slot(name);
      if (!slot.previous) throw new ModelNotReadyError({ model: name, reason: 'no previous version is in memory' });
      slot.rejected = slot.current?.artifact.digest ?? null;
      [slot.current, slot.previous] = [slot.previous, slot.current];
      return Promise.resolve(slot.current);
    });
  }

  /** Takes the model off this server; answers under way are finished. @throws ModelNotServedError */
  unload(name: string): Promise<void> {
    return this.#change(name, async () => {
      const { current, previous } = this.slot(name);
      this.slots.delete(name);
      await this.#letGo(current);
      await this.#letGo(previous);
    });
  }

  /** The version that answers now. @throws ModelNotServedError, ModelNotReadyError */
  current(name: string): ServedVersion {
    const slot = this.slot(name);
    if (slot.current) return slot.current;
    throw new ModelNotReadyError({ model: name, reason: slot.problem ?? 'it is loading' });
  }

  /**
   * Features of preprocessed images, all from the version given; to be called within `use`.
   * @param rows float32 [side, side, 3] each, borrowed
   * @throws ServingQueueFullError, ServerDrainingError, DeadlineExceededError, ComputeThreadError
   */
  async infer(name: string, version: ServedVersion, rows: readonly Float32Array[], options: InferOptions = {}) {
    const statistics = this.slots.get(name)?.statistics;
    const start = this.clock.now();
    let ok = false;
    try {
      const answers = await this.#batcher.submit({
        rows: rows.map((pixels) => ({ version, name, pixels })),
        group: version.backbone.digest,
        model: name,
        bytesPerRow: rows[0]?.byteLength ?? 0,
        priority: options.priority ?? 1,
        timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
        signal: options.signal,
      });
      ok = true;
      return answers;
    } finally {
      statistics?.answered(this.clock.now(), this.clock.now() - start, ok);
    }
  }

  /**
   * Where a version looks in one image: shares of its patches, row by row; to be called within `use`.
   * @param image float32 [side, side, 3], borrowed
   * @throws ServingQueueFullError, ComputeThreadError
   */
  async explain(version: ServedVersion, method: AttentionMethod, image: Float32Array): Promise<Float32Array> {
    if (this.#explaining >= maxExplaining)
      throw new ServingQueueFullError({ limit: `${maxExplaining} explanations`, retryAfterMs: 1000 });
    this.#explaining++;
    try {
      return await this.#compute.explain(version.key, method, image);
    } finally {
      this.#explaining--;
    }
  }

  /** Keeps a version in memory while `body` works with it, whatever its name points at meanwhile. */
  async use<T>(version: ServedVersion, body: () => Promise<T>): Promise<T> {
    version.users++;
    try {
      return await body();
    } finally {
      version.users--;
      if (version.users === 0 && !version.kept) await this.#compute.unload(version.key).catch(() => undefined); // closing
    }
  }

  /** Takes no more images and resolves when all that wait are answered. */
  async drain(): Promise<void> {
    this.draining = true;
    await this.#batcher.drain();
  }

  async close(): Promise<void> {
    await this.#compute.close();
  }

  async #build(name: string, files: VersionFiles): Promise<ServedVersion> {
    const { backbone, adapter } = files;
    const key = `${name} ${this.#versions++}`;
    const { digest, config, params } = backbone;
    await this.#compute.addBackbone({ digest, config, params });
    await this.#compute.load({ key, backbone: digest, adapter }, [1, this.maxBatch]);
    return { ...files, key, users: 0, kept: true };
  }

  async #letGo(version: ServedVersion | null): Promise<void> {
    if (!version) return;
    version.kept = false;
    if (version.users === 0) await this.#compute.unload(version.key);
  }

  async #run(rows: readonly Row[]): Promise<Float32Array[]> {
    const size = rows[0]!.pixels.length;
    const images = new Float32Array(rows.length * size);
    rows.forEach(({ pixels }, i) => images.set(pixels, i * size));
    const keys = rows.map(({ version }) => version.key);
    const features = await this.#compute.run(keys, images);
    const dim = features.length / rows.length;
    return rows.map((_, i) => features.subarray(i * dim, (i + 1) * dim));
  }

  #count(rows: readonly Row[], queuedMs: readonly number[], computeMs: number): void {
    for (const name of new Set(rows.map((row) => row.name))) {
      const waited = queuedMs.filter((_, i) => rows[i]!.name === name);
      this.slots.get(name)?.statistics.computed(
        this.clock.now(),
        waited.length,
        rows.length,
        waited.reduce((sum, ms) => sum + ms, 0),
        computeMs,
      );
    }
  }

  #change<T>(name: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(name) ?? Promise.resolve();
    const done = before.then(change, change);
    const settled = done.catch(() => undefined);
    this.#changes.set(name, settled);
    void settled.then(() => this.#changes.get(name) === settled && this.#changes.delete(name));
    return done;
  }
}

const emptySlot = (name: string): ModelSlot => ({
  name,
  current: null,
  previous: null,
  problem: null,
  rejected: null,
  isAwaited: false,
  statistics: new ModelStatistics(),
});
