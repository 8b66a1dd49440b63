import { Worker } from 'node:worker_threads';
import { ComputeThreadError } from '@medlego/errors';
import type { AttentionMethod } from '@medlego/vit';
import type { BackboneSpec, Command, ComputeSettings, Reply, VariantSpec } from './messages.ts';

/** The thread in which ONNX Runtime computes, so that the event loop of the server never stands still for a batch. */
export class ComputeThread {
  readonly #worker: Worker;
  readonly #pending = new Map<
    number,
    { resolve: (features: Float32Array | null) => void; reject: (e: Error) => void }
  >();
  #next = 0;
  #failure: ComputeThreadError | undefined;

  constructor(settings: ComputeSettings = {}) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: settings });
    this.#worker.on('message', (reply: Reply) => {
      const waiting = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if ('error' in reply) waiting?.reject(new ComputeThreadError({ reason: reply.error }));
      else waiting?.resolve(reply.features);
    });
    this.#worker.on('error', (error: unknown) =>
      this.#fail(error instanceof Error ? error.message : String(error), error),
    );
    this.#worker.on('exit', (code) => this.#fail(`ended with code ${code}`));
  }

  /** Why it computes no more; undefined while it does. */
  get failure(): string | undefined {
    return this.#failure?.facts.reason;
  }

  async addBackbone(backbone: BackboneSpec): Promise<void> {
    await this.#send({ type: 'backbone', backbone });
  }

  async load(variant: VariantSpec, warmUp: readonly number[]): Promise<void> {
    await this.#send({ type: 'load', variant, warmUp });
  }

  async unload(key: string): Promise<void> {
    await this.#send({ type: 'unload', key });
  }

  /** @param images given away. @throws ComputeThreadError */
  async run(keys: readonly string[], images: Float32Array): Promise<Float32Array> {
    return (await this.#send({ type: 'run', keys, images }, [images.buffer as ArrayBuffer]))!;
  }

  /** @param image borrowed. @throws ComputeThreadError */
  async explain(key: string, method: AttentionMethod, image: Float32Array): Promise<Float32Array> {
    return (await this.#send({ type: 'explain', key, method, image }))!;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(command: Command, transfer: ArrayBuffer[] = []): Promise<Float32Array | null> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, command }, transfer);
    });
  }

  #fail(reason: string, cause?: unknown): void {
    this.#failure ??= new ComputeThreadError({ reason }, { cause });
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
