export type {
  Bus,
  BusEvent,
  BusStatus,
  ConsumeOptions,
  ConsumeProblem,
  DeadLetter,
  DeadLetterDetails,
  DeadLetters,
  Delivery,
  EventDraft,
  Published,
  Subscription,
} from './bus.ts';
export {
  decodeHeaderValue,
  encodeHeaderValue,
  fromCloudEventHeaders,
  toCloudEventHeaders,
  type CloudEventAttributes,
} from './cloud-event-headers.ts';
export { connectBus, type BusConfig } from './open-bus.ts';
export type { InProcessBusOptions } from './in-process/bus.ts';
export type { NatsBusOptions } from './nats/bus.ts';
export type { NatsOptions } from './nats/connect.ts';
export type { StreamSettings } from './nats/streams.ts';
