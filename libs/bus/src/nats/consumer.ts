import { subjectFilter } from '@medlego/contracts';
import { AckPolicy, DeliverPolicy, JetStreamApiError, type ConsumerConfig } from '@nats-io/jetstream';
import type { ConsumeOptions } from '../bus.ts';
import { defaultAckWaitMs } from '../deliver.ts';
import type { NatsClient } from './connect.ts';
import { replayFilter } from './dead-letters.ts';
import { eventStream } from './streams.ts';

/**
 * Creates the durable, or gives the one that is there the filters of this program: a new version that handles more events gets them
 * from then on. Its position is never moved.
 */
export async function ensureConsumer({ manager }: NatsClient, options: ConsumeOptions<never>): Promise<void> {
  const { durable, types, ackWaitMs = defaultAckWaitMs, from = 'all' } = options;
  const changing = {
    ack_wait: ackWaitMs * 1e6,
    // Our own loop counts: a delivery that the server withholds would be an event that nobody sees.
    max_deliver: -1,
    max_ack_pending: 10_000,
    filter_subjects: [...types.map((type) => subjectFilter(type)), replayFilter(durable)],
  };
  const wanted: Partial<ConsumerConfig> = {
    ...changing,
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: from === 'all' ? DeliverPolicy.All : DeliverPolicy.New,
  };
  let existing;
  try {
    existing = await manager.consumers.info(eventStream, durable);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== 10014) throw error;
    // Creating what another replica has just created alike is no error.
    await manager.consumers.add(eventStream, wanted);
    return;
  }
  const have = existing.config;
  const filters = [...(have.filter_subjects ?? [])].sort().join();
  const isSame =
    have.ack_wait === changing.ack_wait &&
    have.max_ack_pending === changing.max_ack_pending &&
    filters === [...changing.filter_subjects].sort().join();
  if (!isSame) await manager.consumers.update(eventStream, durable, changing);
}
