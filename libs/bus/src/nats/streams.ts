import { InvalidValueError } from '@medlego/errors';
import { subjectRoot } from '@medlego/contracts';
import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';

/** All events, and replays to single durables. */
export const eventStream = 'medlego-events';
export const deadLetterStream = 'medlego-dead-letters';
/** `medlego.replay.<durable>.<dead letter>` */
export const replayRoot = 'medlego.replay';
/** `medlego.dead-letter.<durable>` */
export const deadLetterRoot = 'medlego.dead-letter';

const nanosPerDay = 86_400e9;

export interface StreamSettings {
  /** Copies in a cluster: 1, 3 or 5. Default: 1. */
  readonly replicas?: number;
  /** How long events are kept. Default: 30. Dead letters stay three times as long. */
  readonly keepDays?: number;
}

/**
 * Creates the streams, or widens them: subjects are added, ages and replicas raised, and never the other way round, so that an older or
 * smaller configuration that starts later takes nothing away.
 */
export async function ensureStreams(
  manager: JetStreamManager,
  { replicas = 1, keepDays = 30 }: StreamSettings = {},
): Promise<void> {
  if (![1, 3, 5].includes(replicas))
    throw new InvalidValueError({ field: 'replicas', expected: '1, 3 or 5', actual: replicas });
  const shared = {
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // Full means that nothing more is accepted; it never means that something unread is dropped.
    discard: DiscardPolicy.New,
    num_replicas: replicas,
    duplicate_window: 120e9,
    allow_direct: true,
  };
  await ensureStreamConfig(manager, {
    ...shared,
    name: eventStream,
    subjects: [`${subjectRoot}.>`, `${replayRoot}.>`],
    max_age: keepDays * nanosPerDay,
  });
  await ensureStreamConfig(manager, {
    ...shared,
    name: deadLetterStream,
    subjects: [`${deadLetterRoot}.>`],
    max_age: 3 * keepDays * nanosPerDay,
  });
}

type Wanted = Pick<StreamConfig, 'name' | 'subjects' | 'max_age' | 'num_replicas'> & Partial<StreamConfig>;

/** Creates one stream, or widens what is there. */
export async function ensureStreamConfig(manager: JetStreamManager, wanted: Wanted): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const existing = await streamConfig(manager, wanted.name);
    try {
      if (!existing) await manager.streams.add(wanted);
      else {
        const widened = widen(existing, wanted);
        if (widened) await manager.streams.update(wanted.name, widened);
      }
      return;
    } catch (error) {
      // Another replica that starts at the same time was faster; what it made is looked at in the next round.
      if (attempt >= 3 || !(error instanceof JetStreamApiError) || error.code !== 10058) throw error;
    }
  }
}

async function streamConfig(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === 10059) return undefined;
    throw error;
  }
}

/** What has to change; undefined if nothing. An age of 0 is unlimited. */
export function widen(existing: StreamConfig, wanted: Wanted): Partial<StreamConfig> | undefined {
  const subjects = [...new Set([...existing.subjects, ...wanted.subjects])];
  const max_age = existing.max_age === 0 ? 0 : Math.max(existing.max_age, wanted.max_age);
  const num_replicas = Math.max(existing.num_replicas, wanted.num_replicas);
  const isSame =
    subjects.length === existing.subjects.length &&
    max_age === existing.max_age &&
    num_replicas === existing.num_replicas;
  return isSame ? undefined : { ...existing, subjects, max_age, num_replicas };
}
