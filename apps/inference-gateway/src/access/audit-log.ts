import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { toAppError } from '@medlego/errors';

/** One prediction, change or refusal. Nothing in it comes from an image, a file name or a field that a client fills in freely. */
export interface AuditEntry {
  readonly requestId: string;
  readonly via: 'rest' | 'grpc';
  /** `predict`, `load`, `unload`, `rollback`. */
  readonly action: string;
  /** Null: nobody who is known. */
  readonly subject: string | null;
  /** Null: none that is served here. */
  readonly model: string | null;
  /** Digest of what answered. */
  readonly version: string | null;
  /** Images answered. */
  readonly rows: number | null;
  /** `ok`, or the code of the error. */
  readonly outcome: string;
  readonly latencyMs: number;
}

/** What waits to be written while the disk is slow; beyond it lines are lost, and said to be. */
const maxWaitingBytes = 16 * 1024 ** 2;

/** JSON lines, appended. */
export class AuditLog {
  readonly #out: Writable;
  readonly #isOurs: boolean;
  #problem: string | undefined;

  private constructor(out: Writable, isOurs: boolean) {
    this.#out = out;
    this.#isOurs = isOurs;
    out.on('error', (error) => (this.#problem = error.message));
  }

  /**
   * @param target a stream, which stays open, or the path of a file (made with mode 0600)
   * @throws AccessDeniedError and other errors of files
   */
  static async open(target: Writable | string): Promise<AuditLog> {
    if (typeof target !== 'string') return new AuditLog(target, false);
    const out = createWriteStream(target, { flags: 'a', mode: 0o600 });
    try {
      await once(out, 'open');
    } catch (error) {
      throw toAppError(error, { path: target, what: 'the audit log' });
    }
    return new AuditLog(out, true);
  }

  /** Why lines were lost; undefined while all is written. A server whose log has a problem is not ready. */
  get problem(): string | undefined {
    return this.#problem;
  }

  write(entry: AuditEntry): void {
    if (this.#out.destroyed || this.#out.writableLength > maxWaitingBytes) {
      this.#problem ??= 'it is not written as fast as requests come';
      return;
    }
    this.#out.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
  }

  async close(): Promise<void> {
    if (!this.#isOurs || this.#out.destroyed) return;
    this.#out.end();
    await finished(this.#out).catch(() => undefined); // it is in `problem`
  }
}
