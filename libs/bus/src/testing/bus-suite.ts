import { InvalidValueError } from '@medlego/errors';
import type { EventData } from '@medlego/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Bus, BusEvent, ConsumeOptions, ConsumeProblem, EventDraft } from '../bus.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

/** An event about a specialist that no other test has. */
export const specialist = (about: string, id?: string): EventDraft<'specialist.published'> => ({
  type: 'specialist.published',
  about,
  id,
  data: { artifact: digest, name: about, version: 1, task: 'pneumonia', weights: digest },
});

export interface BusSuite {
  /**
   * A bus that others of the same test meet on one broker. Tests use names of their own, so a broker may be shared.
   * `world` tells brokers of different tests apart where each has its own.
   */
  open(world: object, source: string): Promise<Bus>;
}

/** Collects what handlers get, and lets a test wait for it. */
export function collector<T>() {
  const items: T[] = [];
  const waiters = new Set<() => void>();
  return {
    items,
    push(item: T) {
      items.push(item);
      for (const waiter of waiters) waiter();
    },
    /** Resolves once so many are there. */
    async count(n: number): Promise<T[]> {
      while (items.length < n)
        await new Promise<void>((resolve) => {
          const waiter = () => {
            waiters.delete(waiter);
            resolve();
          };
          waiters.add(waiter);
        });
      return items;
    },
  };
}

let names = 0;
/** A name that no other test of this run uses. */
export const fresh = (prefix: string): string => `${prefix}-${process.pid}-${++names}`;

/** What every bus must do; run on each implementation. */
export function describeBus(name: string, { open }: BusSuite): void {
  const setUp = async () => {
    const world = {};
    const openBus = async (source = 'tests') => {
      const bus = await open(world, source);
      onTestFinished(() => bus.close());
      return bus;
    };
    return { bus: await openBus(), openBus };
  };
  /** A durable that gets only this test's events: those `about` one thing, others it lets pass. */
  const consume = (
    bus: Bus,
    durable: string,
    about: string | readonly string[],
    handler: ConsumeOptions<'specialist.published'>['handler'],
    options: Partial<ConsumeOptions<'specialist.published'>> = {},
  ) =>
    bus.consume({
      durable,
      types: ['specialist.published'],
      backoffMs: () => 20,
      concurrency: 8,
      ...options,
      handler: async (event, delivery) => {
        if (typeof about === 'string' ? event.about === about : about.includes(event.about))
          await handler(event, delivery);
      },
    });

  describe(`bus ${name}`, () => {
    it('delivers an event as it was published, with who, when and the trace', async () => {
      const { bus } = await setUp();
      const about = fresh('jürgen.s 50% "x-ray"').replace('ü', 'u');
      const got = collector<BusEvent>();
      await consume(bus, fresh('app'), about, async (event) => got.push(event));
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const draft = { ...specialist('a.b'), about, traceparent };
      const { id } = await bus.publish(draft);
      const [event] = await got.count(1);
      expect(event).toEqual({
        id,
        type: 'specialist.published',
        about,
        data: draft.data,
        source: 'tests',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
        traceparent,
      });
    });

    it('refuses data that do not fit, naming the field, and an id that cannot travel', async () => {
      const { bus } = await setUp();
      const draft = specialist('x');
      const data: EventData<'specialist.published'> = { ...draft.data, artifact: 'sha256:short' };
      await expect(bus.publish({ ...draft, data })).rejects.toMatchObject({
        code: 'invalid_value',
        facts: { field: 'specialist.published.artifact' },
      });
      await expect(bus.publish({ ...draft, id: 'a b' })).rejects.toBeInstanceOf(InvalidValueError);
    });

    it('takes an id once, and says where it was the first time', async () => {
      const { bus } = await setUp();
      const about = fresh('twice');
      const got = collector<string>();
      await consume(bus, fresh('app'), about, async ({ id }) => got.push(id));
      const first = await bus.publish(specialist(about, `${about}-1`));
      const second = await bus.publish(specialist(about, `${about}-1`));
      await bus.publish(specialist(about, `${about}-2`));
      expect(second).toEqual({ ...first, duplicate: true });
      expect(first.duplicate).toBe(false);
      await got.count(2);
      expect(got.items.sort()).toEqual([`${about}-1`, `${about}-2`]);
    });

    it('gives a new durable what was published before it, unless it wants only the new', async () => {
      const { bus } = await setUp();
      const about = fresh('before');
      await bus.publish(specialist(about, `${about}-old`));
      const all = collector<string>();
      const onlyNew = collector<string>();
      await consume(bus, fresh('new'), about, async ({ id }) => onlyNew.push(id), { from: 'new' });
      await consume(bus, fresh('all'), about, async ({ id }) => all.push(id));
      await bus.publish(specialist(about, `${about}-new`));
      expect((await all.count(2)).sort()).toEqual([`${about}-new`, `${about}-old`]);
      expect(await onlyNew.count(1)).toEqual([`${about}-new`]);
    });

    it('shares the events of one durable among its subscriptions, and gives each durable all', async () => {
      const { bus, openBus } = await setUp();
      const other = await openBus();
      const about = fresh('shared');
      const durable = fresh('app');
      const shared = collector<string>();
      const alone = collector<string>();
      await consume(bus, durable, about, async ({ id }) => shared.push(id), { concurrency: 2 });
      await consume(other, durable, about, async ({ id }) => shared.push(id), { concurrency: 2 });
      await consume(other, fresh('other'), about, async ({ id }) => alone.push(id));
      const ids = Array.from({ length: 40 }, (_, i) => `${about}-${i}`);
      await Promise.all(ids.map((id) => bus.publish(specialist(about, id))));
      expect((await shared.count(40)).sort()).toEqual([...ids].sort());
      expect((await alone.count(40)).sort()).toEqual([...ids].sort());
    });

    it('gets events of the types that it asked for, and no others', async () => {
      const { bus } = await setUp();
      const about = fresh('typed');
      const got = collector<string>();
      await bus.consume({
        durable: fresh('app'),
        types: ['run.requested', 'run.failed'],
        handler: async (event) => {
          if (event.about === about) got.push(event.type);
        },
      });
      const run = { run: 'r1', kind: 'training' } as const;
      await bus.publish(specialist(about));
      await bus.publish({ type: 'run.started', about, data: { ...run, attempt: 1 } });
      await bus.publish({ type: 'run.requested', about, data: { ...run, requestId: 'q' } });
      await bus.publish({ type: 'run.failed', about, data: { ...run, error: { code: 'c', message: 'm', facts: {} } } });
      expect(await got.count(2)).toEqual(['run.requested', 'run.failed']);
    });

    it('delivers again what a handler failed at, counting, and keeps the rest going', async () => {
      const { bus } = await setUp();
      const about = fresh('flaky');
      const good = fresh('good');
      const seen = collector<number>();
      const passed = collector<string>();
      const problems: ConsumeProblem[] = [];
      await consume(
        bus,
        fresh('app'),
        [about, good],
        async (event, { deliveries }) => {
          if (event.about === good) return passed.push(good);
          seen.push(deliveries);
          if (deliveries < 3) throw new Error('not yet');
        },
        { onProblem: (problem) => problems.push(problem) },
      );
      await bus.publish(specialist(about));
      await bus.publish(specialist(good));
      await passed.count(1);
      expect(await seen.count(3)).toEqual([1, 2, 3]);
      expect(problems.map(({ next, deliveries }) => [next, deliveries])).toEqual([
        ['retry', 1],
        ['retry', 2],
      ]);
    });

    it('buries what keeps failing, with the reason, and what can never work at once', async () => {
      const { bus } = await setUp();
      const [flaky, poison] = [fresh('flaky'), fresh('poison')];
      const durable = fresh('app');
      const buried = collector<ConsumeProblem>();
      const handler = async ({ about }: BusEvent<'specialist.published'>) => {
        if (about === poison) throw new InvalidValueError({ field: 'x', expected: 'größe 1', actual: 2 });
        throw new Error('out of luck');
      };
      const onProblem = (problem: ConsumeProblem) => problem.next === 'dead-letter' && buried.push(problem);
      await consume(bus, durable, [flaky, poison], handler, { maxDeliveries: 2, onProblem });
      await bus.publish(specialist(flaky, `${flaky}-id`));
      await bus.publish(specialist(poison, `${poison}-id`));
      await buried.count(2);
      const letters = await lettersOf(bus, durable, 2);
      expect(letters.map(({ eventId, code, reason, deliveries }) => ({ eventId, code, reason, deliveries }))).toEqual([
        { eventId: `${flaky}-id`, code: 'unexpected', reason: 'out of luck', deliveries: 2 },
        { eventId: `${poison}-id`, code: 'invalid_value', reason: 'x: expected größe 1, got 2.', deliveries: 1 },
      ]);
      const shown = await bus.deadLetters.show(letters[1]!.id);
      expect(JSON.parse(new TextDecoder().decode(shown.data))).toMatchObject({ name: poison });
      expect(shown.headers).toMatchObject({ 'ce-id': `${poison}-id`, 'ce-type': 'medlego.specialist.published.v1' });
      expect(shown.subject).toBe(`medlego.v1.specialist.${poison}.published`);
    });

    it('replays a dead letter to the durable that gave up on it, and to no other', async () => {
      const { bus } = await setUp();
      const about = fresh('replayed');
      const [durable, other] = [fresh('app'), fresh('other')];
      let repaired = false;
      const got = collector<string>();
      const elsewhere = collector<string>();
      const buried = collector<ConsumeProblem>();
      const handler = async ({ id, data }: BusEvent<'specialist.published'>) => {
        if (!repaired) throw new InvalidValueError({ field: 'x', expected: '1', actual: 2 });
        got.push(`${id} ${data.task}`);
      };
      await consume(bus, durable, about, handler, { onProblem: (problem) => buried.push(problem) });
      await consume(bus, other, about, async ({ id }) => elsewhere.push(id));
      await bus.publish(specialist(about, `${about}-id`));
      await buried.count(1);
      const [letter] = await lettersOf(bus, durable, 1);
      repaired = true;
      await bus.deadLetters.replay(letter!.id);
      expect(await got.count(1)).toEqual([`${about}-id pneumonia`]);
      expect(await bus.deadLetters.list({ durable })).toEqual([]);
      // Had the other one got it too, it would have been before this one.
      await bus.publish(specialist(about, `${about}-last`));
      expect(await elsewhere.count(2)).toEqual([`${about}-id`, `${about}-last`]);
    });

    it('forgets a dead letter that is removed, and knows no others', async () => {
      const { bus } = await setUp();
      const about = fresh('removed');
      const durable = fresh('app');
      const buried = collector<ConsumeProblem>();
      const handler = () => Promise.reject(new InvalidValueError({ field: 'x', expected: '1', actual: 2 }));
      await consume(bus, durable, about, handler, { concurrency: 1, onProblem: (problem) => buried.push(problem) });
      await bus.publish(specialist(about, `${about}-1`));
      await bus.publish(specialist(about, `${about}-2`));
      await buried.count(2);
      const [first, second] = await lettersOf(bus, durable, 2);
      expect(await bus.deadLetters.list({ durable, limit: 1 })).toEqual([first]);
      expect(await bus.deadLetters.list({ durable, after: first!.id })).toEqual([second]);
      await bus.deadLetters.remove(first!.id);
      expect(await bus.deadLetters.list({ durable })).toEqual([second]);
      for (const call of ['show', 'replay', 'remove'] as const)
        await expect(bus.deadLetters[call](first!.id)).rejects.toMatchObject({ code: 'dead_letter_not_found' });
      await expect(bus.deadLetters.show('nonsense')).rejects.toMatchObject({ code: 'dead_letter_not_found' });
    });

    it('lets a handler finish when it is stopped, and what it did not take goes to the next', async () => {
      const { bus } = await setUp();
      const about = fresh('stopped');
      const durable = fresh('app');
      const started = collector<string>();
      const ended: string[] = [];
      const subscription = await consume(
        bus,
        durable,
        about,
        async ({ id }, { signal }) => {
          started.push(id);
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
          ended.push(id);
        },
        { concurrency: 1 },
      );
      await bus.publish(specialist(about, `${about}-1`));
      await bus.publish(specialist(about, `${about}-2`));
      await started.count(1);
      await subscription.stop();
      expect(ended).toEqual([`${about}-1`]);
      const rest = collector<string>();
      await consume(bus, durable, about, async ({ id }) => rest.push(id));
      expect(await rest.count(1)).toEqual([`${about}-2`]);
    });

    it('gives back what a stopped handler did not finish, without calling it a failure', async () => {
      const { bus } = await setUp();
      const about = fresh('interrupted');
      const durable = fresh('app');
      const started = collector<string>();
      const problems: ConsumeProblem[] = [];
      const subscription = await consume(
        bus,
        durable,
        about,
        ({ id }, { signal }) => {
          started.push(id);
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
        },
        { maxDeliveries: 1, onProblem: (problem) => problems.push(problem) },
      );
      await bus.publish(specialist(about, `${about}-1`));
      await started.count(1);
      await subscription.stop();
      expect(problems).toEqual([]);
      const rest = collector<string>();
      await consume(bus, durable, about, async ({ id }) => rest.push(id));
      expect(await rest.count(1)).toEqual([`${about}-1`]);
    });

    it('refuses to consume with settings that cannot work', async () => {
      const { bus } = await setUp();
      const refused = (options: Partial<ConsumeOptions<'run.failed'>>, field: string) =>
        expect(
          bus.consume({ durable: 'app-x', types: ['run.failed'], handler: async () => {}, ...options }),
        ).rejects.toMatchObject({ code: 'invalid_value', facts: { field } });
      await refused({ durable: 'App.X' }, 'durable');
      await refused({ types: [] }, 'types');
      await refused({ types: ['run.exploded' as 'run.failed'] }, 'types');
      await refused({ concurrency: 0 }, 'concurrency');
    });

    it('tells that it is connected, and then that it is closed', async () => {
      const { bus } = await setUp();
      expect(bus.status()).toBe('connected');
      const changes: string[] = [];
      bus.onStatus((status) => changes.push(status));
      await bus.close();
      await bus.close();
      expect(bus.status()).toBe('closed');
      expect(changes).toEqual(['closed']);
    });
  });
}

/** A handler's failure is told before its letter is written; this waits for the letters. */
async function lettersOf(bus: Bus, durable: string, count: number) {
  for (;;) {
    const letters = await bus.deadLetters.list({ durable });
    if (letters.length >= count) return letters.sort((a, b) => (a.eventId < b.eventId ? -1 : 1));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
