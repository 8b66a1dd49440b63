import type { Clock } from '@medlego/async';
import { parseSubject } from '@medlego/contracts';
import type { ConsumeOptions, Subscription } from '../bus.ts';
import { deliver } from '../deliver.ts';
import type { EventLog, LoggedEvent, LogRecord } from './event-log.ts';

/** What subscriptions of one in-process bus share. */
export interface Desk {
  readonly log: EventLog;
  readonly clock: Clock;
  /** Changes the log and, if there is one, its journal. */
  record(record: LogRecord): void;
  /** Events of a durable that somebody works on or that wait for their next try. */
  claimed(durable: string): Map<number, { readonly dueMs: number }>;
  /** Calls back when there may be something to do. */
  onChange(listener: () => void): () => void;
}

/** Takes events for one durable until it is stopped. Several on one durable share the events. */
export function subscribe(desk: Desk, options: ConsumeOptions<never>): Subscription {
  const { durable, concurrency = 1 } = options;
  const types = new Set<string>(options.types);
  const state = desk.log.durables.get(durable)!;
  const claimed = desk.claimed(durable);
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let wakeAt: AbortController | undefined;

  const isOurs = (event: LoggedEvent) => types.has(parseSubject(event.subject)?.type ?? '');

  const start = (event: LoggedEvent) => {
    const { sequence } = event;
    claimed.set(sequence, { dueMs: Infinity });
    desk.record({ t: 'delivery', durable, sequence });
    const deliveries = state.open.get(sequence)!;
    const end = () => {
      desk.record({ t: 'done', durable, sequence });
      claimed.delete(sequence);
    };
    const work = deliver(
      {
        message: event,
        sequence,
        deliveries,
        ack: async () => end(),
        retryAfter: async (ms) => void claimed.set(sequence, { dueMs: desk.clock.now() + ms }),
        bury: async (reason) =>
          desk.record({
            t: 'buried',
            ...reason,
            id: `${durable}.${sequence}`,
            durable,
            sequence,
            at: new Date(desk.clock.now()).toISOString(),
          }),
        working: () => {}, // nobody else could take it
      },
      options,
      stopping.signal,
    )
      .catch((error: unknown) => {
        claimed.set(sequence, { dueMs: desk.clock.now() + 1000 });
        options.onProblem?.({ error, next: 'loop' });
      })
      .finally(() => {
        running.delete(work);
        pumpSoon();
      });
    running.add(work);
  };

  const pump = () => {
    wakeAt?.abort();
    if (stopping.signal.aborted) return;
    let nextDue = Infinity;
    for (const [sequence] of state.open) {
      if (running.size >= concurrency) return;
      const due = claimed.get(sequence)?.dueMs ?? 0;
      if (due === Infinity) continue; // somebody works on it
      const event = desk.log.events.get(sequence);
      if (!event || !isOurs(event)) continue;
      if (due <= desk.clock.now()) start(event);
      else nextDue = Math.min(nextDue, due);
    }
    while (running.size < concurrency && state.cursor < desk.log.sequence) {
      const event = desk.log.events.get(++state.cursor);
      if (event && isOurs(event)) start(event);
    }
    if (nextDue < Infinity) {
      wakeAt = new AbortController();
      desk.clock.sleep(nextDue - desk.clock.now(), wakeAt.signal).then(pump, () => {});
    }
  };

  // Looking through what is open costs more the more is open: once for all that ended or came in the same turn.
  let isPumpComing = false;
  const pumpSoon = () => {
    if (isPumpComing) return;
    isPumpComing = true;
    process.nextTick(() => {
      isPumpComing = false;
      pump();
    });
  };

  const forget = desk.onChange(pumpSoon);
  pump();
  const stop = async () => {
    forget();
    wakeAt?.abort();
    stopping.abort();
    await Promise.all(running);
  };
  return { stop, [Symbol.asyncDispose]: stop };
}
