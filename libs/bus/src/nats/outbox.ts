/**
 * Collects what is to be sent until everything that is ready to run has run, then sends it in one go: the client turns that into one
 * write to the socket, where sending each at once makes a write of each.
 */
export class Outbox {
  #waiting: (() => void)[] = [];

  /** Calls `send` soon; it must not throw. */
  add(send: () => void): void {
    if (this.#waiting.push(send) === 1) process.nextTick(() => this.#flush());
  }

  /** The same, and resolves once it was called. */
  sent(send: () => void): Promise<void> {
    return new Promise((resolve) =>
      this.add(() => {
        send();
        resolve();
      }),
    );
  }

  #flush(): void {
    const ready = this.#waiting;
    this.#waiting = [];
    for (const send of ready) send();
  }
}
