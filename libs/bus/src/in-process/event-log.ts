import type { Message } from '../message.ts';

export interface LoggedEvent extends Message {
  readonly sequence: number;
  readonly id: string;
}

export interface Buried {
  readonly id: string;
  readonly durable: string;
  readonly event: LoggedEvent;
  readonly code: string;
  readonly reason: string;
  readonly deliveries: number;
  readonly at: string;
}

/** Everything that changes an `EventLog`; the journal of the in-process bus holds these. */
export type LogRecord =
  | {
      readonly t: 'event';
      readonly sequence: number;
      readonly id: string;
      readonly subject: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly data: string;
    }
  | { readonly t: 'durable'; readonly durable: string; readonly after: number }
  | { readonly t: 'delivery'; readonly durable: string; readonly sequence: number }
  | { readonly t: 'done'; readonly durable: string; readonly sequence: number }
  | {
      readonly t: 'buried';
      readonly id: string;
      readonly durable: string;
      readonly sequence: number;
      readonly code: string;
      readonly reason: string;
      readonly deliveries: number;
      readonly at: string;
    }
  | { readonly t: 'unburied'; readonly id: string; readonly replay: boolean };

/** What one durable has to do with the events. */
export interface DurableState {
  /** Events up to here were handed out once, those in `open` not yet ended. */
  cursor: number;
  /** Handed out and not ended, with how often. */
  readonly open: Map<number, number>;
}

/** Ids older than this many events are forgotten: the in-process counterpart of the broker's duplicate window. */
const rememberedIds = 100_000;

/**
 * The state of the in-process bus: events, durables, dead letters. Changed by `apply` alone, so that a journal of records gives the same
 * state again.
 */
export class EventLog {
  readonly events = new Map<number, LoggedEvent>();
  readonly durables = new Map<string, DurableState>();
  readonly buried = new Map<string, Buried>();
  readonly #ids = new Map<string, number>();
  /** Of the newest event. */
  sequence = 0;

  sequenceOf(id: string): number | undefined {
    return this.#ids.get(id);
  }

  apply(record: LogRecord): void {
    switch (record.t) {
      case 'event': {
        const { sequence, id, subject, headers, data } = record;
        this.events.set(sequence, { sequence, id, subject, headers, data: new TextEncoder().encode(data) });
        this.#ids.set(id, sequence);
        if (this.#ids.size > rememberedIds) this.#ids.delete(this.#ids.keys().next().value!);
        this.sequence = sequence;
        return;
      }
      case 'durable':
        if (!this.durables.has(record.durable))
          this.durables.set(record.durable, { cursor: record.after, open: new Map() });
        return;
      case 'delivery': {
        const state = this.durables.get(record.durable);
        if (!state) return;
        state.cursor = Math.max(state.cursor, record.sequence);
        state.open.set(record.sequence, (state.open.get(record.sequence) ?? 0) + 1);
        return;
      }
      case 'done':
        this.durables.get(record.durable)?.open.delete(record.sequence);
        return;
      case 'buried': {
        const { t: _t, sequence, ...letter } = record;
        const event = this.events.get(sequence);
        if (event) this.buried.set(record.id, { ...letter, event });
        return;
      }
      case 'unburied': {
        const letter = this.buried.get(record.id);
        this.buried.delete(record.id);
        if (letter && record.replay) {
          this.events.set(letter.event.sequence, letter.event);
          this.durables.get(letter.durable)?.open.set(letter.event.sequence, 0);
        }
        return;
      }
    }
  }

  /** Forgets events that every durable and the dead letters are done with, beyond the newest `keep`. */
  trim(keep: number): void {
    if (this.durables.size === 0 || this.events.size <= keep) return;
    let needed = Math.max(0, this.sequence - keep);
    for (const { cursor, open } of this.durables.values()) needed = Math.min(needed, cursor, ...open.keys());
    for (const sequence of this.events.keys()) {
      if (sequence > needed) break;
      this.events.delete(sequence);
    }
  }

  /** The fewest records that give this state. */
  *records(): Iterable<LogRecord> {
    const needed = new Map(this.events);
    for (const { event } of this.buried.values()) needed.set(event.sequence, event);
    for (const sequence of [...needed.keys()].sort((a, b) => a - b)) {
      const { id, subject, headers, data } = needed.get(sequence)!;
      yield { t: 'event', sequence, id, subject, headers, data: new TextDecoder().decode(data) };
    }
    for (const [durable, { cursor, open }] of this.durables) {
      yield { t: 'durable', durable, after: cursor };
      for (const [sequence, deliveries] of open)
        for (let i = 0; i < deliveries; i++) yield { t: 'delivery', durable, sequence };
    }
    for (const { event, ...letter } of this.buried.values()) yield { t: 'buried', ...letter, sequence: event.sequence };
  }
}
