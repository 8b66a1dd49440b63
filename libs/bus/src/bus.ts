import type { EventData, EventType } from '@medlego/contracts';

/** What `publish` takes. */
export type EventDraft<T extends EventType = EventType> = T extends EventType
  ? {
      readonly type: T;
      /** Id of the thing that it happened to: a run's id, an artifact's name. Becomes a token of the subject. */
      readonly about: string;
      readonly data: EventData<T>;
      /**
       * The event's own id. Publishing an id again is no new event, so give one that follows from what happened
       * (`<run>-succeeded`) wherever a crash may repeat the call. Default: random.
       */
      readonly id?: string;
      /** W3C trace context of this hop. Default: that of the span that runs. */
      readonly traceparent?: string;
    }
  : never;

/** An event as a handler gets it; `data` fit the event's schema. */
export type BusEvent<T extends EventType = EventType> = T extends EventType
  ? {
      readonly id: string;
      readonly type: T;
      readonly about: string;
      readonly data: EventData<T>;
      /** Who published it. */
      readonly source: string;
      /** When, ISO 8601 in UTC. */
      readonly time: string;
      readonly traceparent?: string;
    }
  : never;

export interface Published {
  readonly id: string;
  /** Position in the stream; grows, with gaps. */
  readonly sequence: number;
  /** True if an event with this id was there already; `sequence` is that one's. */
  readonly duplicate: boolean;
}

export interface Delivery {
  readonly sequence: number;
  /** How often this durable got the event, this time included. */
  readonly deliveries: number;
  /** Aborted when the subscription is being stopped: finish soon, or throw to have the event delivered again. */
  readonly signal: AbortSignal;
}

export interface ConsumeOptions<T extends EventType = EventType> {
  /** Who consumes, `<app>-<purpose>`: replicas with the same name share the events. */
  readonly durable: string;
  readonly types: readonly T[];
  /**
   * Returns once the event's effect is durable: only then is it acknowledged. It has to be idempotent, since an event may
   * come twice, late or after a newer one.
   */
  readonly handler: (event: BusEvent<T>, delivery: Delivery) => Promise<void>;
  /** Handlers that run at the same time in this process. Default: 1, which also keeps the order (except for retries). */
  readonly concurrency?: number;
  /** After so many failures the event becomes a dead letter. Default: 8. */
  readonly maxDeliveries?: number;
  /** A delivery that shows no life for so long goes to another replica; running handlers show it by themselves. Default: 30 s. */
  readonly ackWaitMs?: number;
  /** Wait before the delivery after the n-th failed. Default: doubles from 0.5 s to a minute. */
  readonly backoffMs?: (deliveries: number) => number;
  /** Where a durable that is new begins. Default: `all`, with the oldest event kept. */
  readonly from?: 'all' | 'new';
  /** Told of every failed delivery and of the loop's own troubles: for logs. */
  readonly onProblem?: (problem: ConsumeProblem) => void;
}

export interface ConsumeProblem {
  readonly error: unknown;
  /** Where the event is going: to be delivered again, or to the dead letters; `loop` where no event was at hand. */
  readonly next: 'retry' | 'dead-letter' | 'loop';
  readonly eventId?: string;
  readonly deliveries?: number;
}

export interface Subscription extends AsyncDisposable {
  /** Takes no more events, aborts the handlers' signal, and resolves when they have ended; what they left goes to others. */
  stop(): Promise<void>;
}

/** An event that a durable gave up on. */
export interface DeadLetter {
  /** What `show`, `replay` and `remove` take. */
  readonly id: string;
  readonly durable: string;
  readonly eventId: string;
  readonly subject: string;
  /** Code of the error, or `unexpected`. */
  readonly code: string;
  readonly reason: string;
  readonly deliveries: number;
  /** When it was given up, ISO 8601 in UTC. */
  readonly at: string;
}

export interface DeadLetterDetails extends DeadLetter {
  readonly headers: Readonly<Record<string, string>>;
  /** The data as they came, which may be no JSON. */
  readonly data: Uint8Array;
}

export interface DeadLetters {
  /** Oldest first, at most `limit` (default 100), beginning after `after`. */
  list(options?: {
    readonly limit?: number;
    readonly after?: string;
    readonly durable?: string;
  }): Promise<DeadLetter[]>;
  /** @throws DeadLetterNotFoundError */
  show(id: string): Promise<DeadLetterDetails>;
  /** Delivers the event again, to the durable that gave up on it and to no other; it is a dead letter no more. @throws DeadLetterNotFoundError */
  replay(id: string): Promise<void>;
  /** Forgets it for good. @throws DeadLetterNotFoundError */
  remove(id: string): Promise<void>;
}

export type BusStatus = 'connected' | 'reconnecting' | 'closed';

/** Events between services. An app cannot tell which implementation it has. */
export interface Bus extends AsyncDisposable {
  /** Where it is, for people. */
  readonly location: string;
  /**
   * Resolves once the event is durable. Repeats, with the same id, while the broker is away.
   * @throws InvalidValueError for data that do not fit; BrokerUnavailableError after the deadline; BrokerFullError
   */
  publish<T extends EventType>(event: EventDraft<T>): Promise<Published>;
  /** Starts taking events. Resolves once the durable exists, so no event published from then on is missed. */
  consume<T extends EventType>(options: ConsumeOptions<T>): Promise<Subscription>;
  readonly deadLetters: DeadLetters;
  /** For readiness. */
  status(): BusStatus;
  /** Calls back on each change of `status`; returns how to stop that. */
  onStatus(listener: (status: BusStatus) => void): () => void;
  /** Stops all subscriptions, then closes. Idempotent. */
  close(): Promise<void>;
}
