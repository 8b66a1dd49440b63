import { join } from 'node:path';
import { systemClock, type Clock } from '@medlego/async';
import { DeadLetterNotFoundError, invariant } from '@medlego/errors';
import { count } from '@medlego/telemetry';
import { openJournal, type Journal } from '@medlego/journal';
import type { Bus, BusStatus, ConsumeOptions, DeadLetters, EventDraft, Published, Subscription } from '../bus.ts';
import { assertConsumeOptions } from '../consume-options.ts';
import { toMessage } from '../message.ts';
import { EventLog, type Buried, type LogRecord } from './event-log.ts';
import { subscribe, type Desk } from './subscription.ts';

export interface InProcessBusOptions {
  /** Who publishes: the `source` of events. */
  readonly source: string;
  /** Folder for the journal. Without it events end with the process. */
  readonly folder?: string;
  /** Ended events that are kept for durables to come. Default: 10,000. */
  readonly keep?: number;
  readonly clock?: Clock;
}

/** A journal is compacted after so many records. */
const compactAfter = 50_000;

/**
 * Events within one process: what `medlego up` and tests use. Same deliveries, retries and dead letters as on a broker; with a folder,
 * acknowledged events also survive the end of the process.
 * @throws FileAccessError if another process has the journal
 */
export async function openInProcessBus(options: InProcessBusOptions): Promise<Bus> {
  const log = new EventLog();
  let journal: Journal<LogRecord> | undefined;
  if (options.folder !== undefined) {
    const opened = await openJournal<LogRecord>(join(options.folder, 'events.jsonl'));
    journal = opened.journal;
    for (const record of opened.records) log.apply(record);
    await journal.rewrite(log.records());
  }
  return createBus(log, journal, options);
}

function createBus(
  log: EventLog,
  journal: Journal<LogRecord> | undefined,
  { source, folder, keep = 10_000, clock = systemClock }: InProcessBusOptions,
): Bus {
  const listeners = new Set<() => void>();
  const statusListeners = new Set<(status: BusStatus) => void>();
  const subscriptions = new Set<Subscription>();
  const claims = new Map<string, Map<number, { readonly dueMs: number }>>();
  let status: BusStatus = 'connected';
  let sinceCompaction = 0;

  const record = (change: LogRecord) => {
    journal?.append(change);
    log.apply(change);
    if (++sinceCompaction % 1000 === 0) log.trim(keep);
  };
  const compact = async () => {
    if (!journal || sinceCompaction < compactAfter) return;
    sinceCompaction = 0;
    log.trim(keep);
    await journal.rewrite(log.records());
  };
  const notify = () => {
    for (const listener of listeners) listener();
  };
  const desk: Desk = {
    log,
    clock,
    record,
    claimed(durable) {
      const claimed = claims.get(durable) ?? new Map<number, { readonly dueMs: number }>();
      claims.set(durable, claimed);
      return claimed;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  const letterOf = (id: string): Buried => {
    const letter = log.buried.get(id);
    if (!letter) throw new DeadLetterNotFoundError({ id });
    return letter;
  };
  const deadLetters: DeadLetters = {
    async list({ limit = 100, after, durable } = {}) {
      const letters = [...log.buried.values()];
      const from = after === undefined ? 0 : letters.findIndex(({ id }) => id === after) + 1;
      return letters
        .slice(from)
        .filter((letter) => durable === undefined || letter.durable === durable)
        .slice(0, limit)
        .map(summaryOf);
    },
    async show(id) {
      const letter = letterOf(id);
      return { ...summaryOf(letter), headers: letter.event.headers, data: letter.event.data.slice() };
    },
    async replay(id) {
      letterOf(id);
      record({ t: 'unburied', id, replay: true });
      await journal?.sync();
      notify();
    },
    async remove(id) {
      letterOf(id);
      record({ t: 'unburied', id, replay: false });
      await journal?.sync();
    },
  };

  const close = async () => {
    if (status === 'closed') return;
    status = 'closed';
    await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
    await journal?.close();
    for (const listener of statusListeners) listener(status);
  };

  return {
    location: folder ?? 'this process',
    async publish(draft): Promise<Published> {
      invariant(status !== 'closed', 'an event was published on a closed bus');
      const { id, message } = toMessage(draft as EventDraft, { source, now: clock.now() });
      const before = log.sequenceOf(id);
      if (before === undefined)
        record({
          t: 'event',
          sequence: log.sequence + 1,
          id,
          ...message,
          data: new TextDecoder().decode(message.data),
        });
      if (before === undefined) count('eventsPublished', { type: draft.type });
      const sequence = before ?? log.sequence;
      await journal?.sync();
      notify();
      await compact();
      return { id, sequence, duplicate: before !== undefined };
    },
    async consume(options) {
      assertConsumeOptions(options);
      if (!log.durables.has(options.durable)) {
        record({ t: 'durable', durable: options.durable, after: options.from === 'new' ? log.sequence : 0 });
        await journal?.sync();
      }
      const inner = subscribe(desk, options as unknown as ConsumeOptions<never>);
      const stop = () => {
        subscriptions.delete(subscription);
        return inner.stop();
      };
      const subscription: Subscription = { stop, [Symbol.asyncDispose]: stop };
      subscriptions.add(subscription);
      return subscription;
    },
    deadLetters,
    status: () => status,
    onStatus(listener) {
      statusListeners.add(listener);
      return () => statusListeners.delete(listener);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const summaryOf = ({ id, durable, event, code, reason, deliveries, at }: Buried) => ({
  id,
  durable,
  eventId: event.id,
  subject: event.subject,
  code,
  reason,
  deliveries,
  at,
});
