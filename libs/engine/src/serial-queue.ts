/** Runs jobs one after the other, in the order of their calls; a failed job does not stop the next. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(job);
    this.#tail = result.catch(() => undefined); // the caller of `run` sees the failure
    return result;
  }

  async idle(): Promise<void> {
    await this.#tail;
  }
}
