import { InvalidValueError } from '@medlego/errors';
import { eventTypes, type EventType } from '@medlego/contracts';
import type { ConsumeOptions } from './bus.ts';

const durablePattern = /^[a-z][a-z0-9-]{0,62}$/;

/** @throws InvalidValueError naming the option */
export function assertConsumeOptions<T extends EventType>(options: ConsumeOptions<T>): void {
  const refuse = (field: string, expected: string, actual: unknown): never => {
    throw new InvalidValueError({ field, expected, actual });
  };
  const { durable, types, concurrency = 1, maxDeliveries = 1, ackWaitMs = 1000 } = options;
  if (!durablePattern.test(durable))
    refuse('durable', '<app>-<purpose> in lower-case letters, digits and "-"', durable);
  if (types.length === 0) refuse('types', 'one event type at least', 'none');
  for (const type of types) if (!eventTypes.includes(type)) refuse('types', 'known event types', type);
  for (const [field, value, most] of [
    ['concurrency', concurrency, 1000],
    ['maxDeliveries', maxDeliveries, 1000],
    ['ackWaitMs', ackWaitMs, 86_400_000],
  ] as const)
    if (!Number.isInteger(value) || value < 1 || value > most) refuse(field, `a whole number from 1 to ${most}`, value);
}
