import { setTimeout as sleep } from 'node:timers/promises';
import { Watch, type KubeConfig, type KubernetesObject } from '@kubernetes/client-node';

export interface ResourceCacheOptions<T extends KubernetesObject> {
  readonly list: () => Promise<{
    readonly items: readonly T[];
    readonly metadata?: { readonly resourceVersion?: string };
  }>;
  readonly watch: Pick<Watch, 'watch'>;
  readonly path: string;
  readonly labelSelector: string;
  /** Called for each object that was added or changed, and with `present` false for each that is gone. */
  readonly onChange: (object: T, present: boolean) => void;
  readonly onProblem: (error: unknown) => void;
  /** How long one watch goes on before everything is listed anew. Default five minutes. */
  readonly relistSeconds?: number;
  /** How long after its time a watch that never ended is given up. Default 30 s. */
  readonly watchdogSeconds?: number;
  readonly signal: AbortSignal;
}

/**
 * A watch that is given up after two of the server's minutely bookmarks stayed away. The client's own patience of half a minute ends
 * every watch of a quiet cluster.
 */
export function openWatch(kubeConfig: KubeConfig): Watch {
  return Object.assign(new Watch(kubeConfig), { requestTimeoutMs: 150_000 }); // it has no option for it
}

const isSilence = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';

/**
 * The objects of one kind, kept up to date: list, watch, and list again after a while, whatever happened. A watch that
 * ends, fails, has become too old or has gone silent so costs at most one period of stale knowledge.
 */
export class ResourceCache<T extends KubernetesObject> {
  readonly #options: ResourceCacheOptions<T>;
  readonly #objects = new Map<string, T>();
  readonly #synced = Promise.withResolvers<void>();

  constructor(options: ResourceCacheOptions<T>) {
    this.#options = options;
    void this.#run();
  }

  /** Resolves once the first list is in. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Takes what an API call has just returned, so that the caller reads its own writes. */
  put(object: T): void {
    this.#set(object);
  }

  async #run(): Promise<void> {
    const { signal, onProblem } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const version = await this.#relist();
        this.#synced.resolve();
        failures = 0;
        await this.#follow(version);
      } catch (error) {
        if (signal.aborted) return;
        onProblem(error);
        failures++;
      }
      // Also after a watch that ended well: a proxy that closes at once must not make a busy loop.
      const pause = Math.min(30_000, 200 * 2 ** Math.min(8, failures)) * (0.5 + Math.random());
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {}); // closing
    }
  }

  async #relist(): Promise<string> {
    const { items, metadata } = await this.#options.list();
    const names = new Set(items.map((item) => item.metadata?.name));
    for (const [name, object] of this.#objects) if (!names.has(name)) this.#delete(name, object);
    for (const item of items) this.#set(item);
    return metadata?.resourceVersion ?? '';
  }

  async #follow(resourceVersion: string): Promise<void> {
    const { watch, path, labelSelector, signal, relistSeconds = 300, watchdogSeconds = 30 } = this.#options;
    const ended = Promise.withResolvers<void>();
    const query = { labelSelector, resourceVersion, allowWatchBookmarks: true, timeoutSeconds: relistSeconds };
    const request = await watch.watch(
      path,
      query,
      (phase: string, object: T) => {
        if (phase === 'ERROR')
          ended.resolve(); // too old, or the server goes down: list again
        else if (phase === 'DELETED') this.#delete(object.metadata?.name ?? '', object);
        else if (phase !== 'BOOKMARK') this.#set(object);
      },
      (error: unknown) => (error && !isSilence(error) ? ended.reject(error) : ended.resolve()),
    );
    const watchdog = setTimeout(() => ended.resolve(), (relistSeconds + watchdogSeconds) * 1000);
    watchdog.unref();
    const onAbort = () => ended.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) ended.resolve();
    try {
      await ended.promise;
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', onAbort);
      request.abort();
    }
  }

  #set(object: T): void {
    const name = object.metadata?.name ?? '';
    const version = object.metadata?.resourceVersion;
    if (version !== undefined && this.#objects.get(name)?.metadata?.resourceVersion === version) return;
    this.#objects.set(name, object);
    this.#options.onChange(object, true);
  }

  #delete(name: string, object: T): void {
    if (this.#objects.delete(name)) this.#options.onChange(object, false);
  }
}
