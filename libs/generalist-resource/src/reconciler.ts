import { CustomObjectsApi, PatchStrategy, setHeaderOptions, type KubeConfig } from '@kubernetes/client-node';
import { AppError } from '@medlego/errors';
import { httpStatusOf, openWatch, ResourceCache, toClusterError } from '@medlego/jobs/kubernetes';
import { group, plural, version, type GeneralistResource, type GeneralistSpec } from './resource.ts';
import { isSameStatus, statusOf, type GeneralistState, type Refusal } from './status.ts';

/** What a reconciler asks and tells: the merger and the registry, however they are reached. */
export interface GeneralistPlatform {
  /** Declares what a generalist follows; saying it again changes nothing. Throws an AppError of kind `bad_input` for what is wrong with it. */
  track(name: string, spec: GeneralistSpec): Promise<void>;
  observe(name: string): Promise<GeneralistState>;
  /** Names of generalists that changed. Ends when the signal is aborted. */
  changes(signal: AbortSignal): AsyncIterable<string>;
}

export interface GeneralistReconcilerOptions {
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  readonly platform: GeneralistPlatform;
  /** Told of what failed in the background; it is tried again. */
  readonly onProblem: (error: unknown, name: string | null) => void;
  /** Milliseconds between full passes. Default 60,000. */
  readonly everyMs?: number;
  readonly now?: () => Date;
}

export interface GeneralistReconciler extends AsyncDisposable {
  /** Stops following; what was declared stays so. */
  close(): Promise<void>;
}

/** Follows the Generalists of a namespace: declares each to the merger, and writes what became of it into its status. */
export function startGeneralistReconciler(options: GeneralistReconcilerOptions): GeneralistReconciler {
  return new Reconciler(options);
}

class Reconciler implements GeneralistReconciler {
  readonly #options: GeneralistReconcilerOptions;
  readonly #api: CustomObjectsApi;
  readonly #stop = new AbortController();
  readonly #cache: ResourceCache<GeneralistResource>;
  /** What works on a name now, and whether it has to look once more. */
  readonly #working = new Map<string, { again: boolean; done: Promise<void> }>();
  readonly #timer: NodeJS.Timeout;
  readonly #following: Promise<void>;

  constructor(options: GeneralistReconcilerOptions) {
    this.#options = options;
    const { kubeConfig, namespace, onProblem, everyMs = 60_000 } = options;
    this.#api = kubeConfig.makeApiClient(CustomObjectsApi);
    this.#cache = new ResourceCache<GeneralistResource>({
      list: async () =>
        (await this.#api.listNamespacedCustomObject({ group, version, namespace, plural })) as {
          items: GeneralistResource[];
        },
      watch: openWatch(kubeConfig),
      path: `/apis/${group}/${version}/namespaces/${namespace}/${plural}`,
      labelSelector: '',
      signal: this.#stop.signal,
      onProblem: (error) => onProblem(error, null),
      onChange: (resource, present) => present && this.#look(resource.metadata?.name ?? ''),
    });
    this.#timer = setInterval(() => this.#lookAtAll(), everyMs);
    this.#following = this.#follow();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#timer);
    await this.#following;
    await Promise.all([...this.#working.values()].map(({ done }) => done));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #lookAtAll(): void {
    for (const { metadata } of this.#cache.list()) this.#look(metadata?.name ?? '');
  }

  /** Looks at a name now, or once more after the look that is going on. */
  #look(name: string): void {
    if (this.#stop.signal.aborted) return;
    const current = this.#working.get(name);
    if (current) {
      current.again = true;
      return;
    }
    const work = { again: false, done: Promise.resolve() };
    work.done = (async () => {
      do {
        work.again = false;
        await this.#reconcile(name).catch((error: unknown) => this.#options.onProblem(error, name));
      } while (work.again && !this.#stop.signal.aborted);
      this.#working.delete(name);
    })();
    this.#working.set(name, work);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    const { platform, onProblem } = this.#options;
    while (!signal.aborted) {
      try {
        for await (const name of platform.changes(signal)) if (this.#cache.get(name)) this.#look(name);
      } catch (error) {
        if (!signal.aborted) onProblem(error, null);
      }
      if (!signal.aborted) await pause(1000, signal);
    }
  }

  async #reconcile(name: string): Promise<void> {
    const resource = this.#cache.get(name);
    if (!resource || resource.metadata?.deletionTimestamp) return;
    const { platform, now = () => new Date() } = this.#options;
    const refusal = await this.#declare(name, resource.spec);
    const state = await platform.observe(name);
    const status = statusOf(resource, state, refusal, now());
    if (isSameStatus(resource.status, status)) return;
    await this.#write(resource, status);
  }

  /** Declares it; what is wrong with the declaration belongs into its status, other failures are tried again. */
  async #declare(name: string, spec: GeneralistSpec): Promise<Refusal> {
    try {
      await this.#options.platform.track(name, spec);
      return undefined;
    } catch (error) {
      if (!(error instanceof AppError) || (error.kind !== 'bad_input' && error.kind !== 'unsupported')) throw error;
      return { code: error.code, message: error.message };
    }
  }

  async #write({ metadata }: GeneralistResource, status: GeneralistResource['status']): Promise<void> {
    const name = metadata?.name ?? '';
    // The status as a whole: a merge patch would leave what no longer holds. The version refuses a write over somebody else's.
    const body = [
      { op: 'test', path: '/metadata/resourceVersion', value: metadata?.resourceVersion },
      { op: 'add', path: '/status', value: status },
    ];
    const options = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch);
    try {
      const { namespace } = this.#options;
      const target = { group, version, namespace, plural, name, body };
      this.#cache.put((await this.#api.patchNamespacedCustomObjectStatus(target, options)) as GeneralistResource);
    } catch (error) {
      if ([404, 409, 422].includes(httpStatusOf(error) ?? 0)) return; // gone, or changed meanwhile: the change is looked at anew
      throw toClusterError(error, `writing the status of the generalist ${name}`);
    }
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
