import { systemClock } from '@medlego/async';
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { ConsumeOptions, Subscription } from '../bus.ts';
import { deliver } from '../deliver.ts';
import type { NatsClient } from './connect.ts';
import { ensureConsumer } from './consumer.ts';
import { bury, undoReplay } from './dead-letters.ts';
import { fromNatsHeaders } from './headers.ts';
import type { Outbox } from './outbox.ts';
import { eventStream } from './streams.ts';

/** An idle subscription asks anew this often; also how long a broken one can go unnoticed. */
const pullMs = 5000;

/**
 * Takes events until it is stopped, through reconnects, broker restarts and a consumer that was deleted under it. Asks for as many as
 * there are free handlers and no more, so nothing waits here while another replica is idle.
 */
export async function subscribe(
  client: NatsClient,
  outbox: Outbox,
  options: ConsumeOptions<never>,
): Promise<Subscription> {
  const { concurrency = 1, durable } = options;
  await ensureConsumer(client, options);
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let pulling: ConsumerMessages | undefined;

  const start = (message: JsMsg) => {
    const work = deliver(offer(client, outbox, durable, message), options, stopping.signal)
      .catch((error: unknown) => options.onProblem?.({ error, next: 'loop' }))
      .finally(() => running.delete(work));
    running.add(work);
  };

  const pullOnce = async (consumer: Consumer) => {
    pulling = await consumer.fetch({ max_messages: concurrency - running.size, expires: pullMs });
    if (stopping.signal.aborted) await pulling.close();
    for await (const message of pulling) {
      if (stopping.signal.aborted) message.nak();
      else start(message);
    }
  };

  const loop = async () => {
    let consumer: Consumer | undefined;
    while (!stopping.signal.aborted) {
      if (running.size >= concurrency) {
        await Promise.race(running);
        continue;
      }
      try {
        consumer ??= await client.js.consumers.get(eventStream, durable);
        await pullOnce(consumer);
      } catch (error) {
        if (stopping.signal.aborted || client.connection.isClosed()) break;
        options.onProblem?.({ error, next: 'loop' });
        consumer = undefined;
        await systemClock.sleep(250, stopping.signal).catch(() => {}); // stopped: the loop ends
        if (!stopping.signal.aborted) await ensureConsumer(client, options).catch(() => {}); // the next round tells
      }
    }
  };

  const looping = loop();
  const stop = async () => {
    stopping.abort();
    await pulling?.close();
    await looping;
    await Promise.all(running);
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

function offer(client: NatsClient, outbox: Outbox, durable: string, raw: JsMsg) {
  const sequence = raw.info.streamSequence;
  const message = undoReplay({ subject: raw.subject, headers: fromNatsHeaders(raw.headers), data: raw.data });
  return {
    message,
    sequence,
    deliveries: raw.info.deliveryCount,
    // Not waiting for the server's word keeps up with 10,000 events a second; what it never got is delivered again.
    ack: () => outbox.sent(() => raw.ack()),
    async retryAfter(ms: number) {
      raw.nak(ms);
    },
    bury: (why: { readonly code: string; readonly reason: string; readonly deliveries: number }) =>
      bury(client, { durable, message, sequence, ...why }),
    working: () => raw.working(),
  };
}
