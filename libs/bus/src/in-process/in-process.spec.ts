import { describeBus } from '../testing/index.ts';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import type { Bus } from '../bus.ts';
import { collector, specialist } from '../testing/index.ts';
import { openInProcessBus } from './bus.ts';

/** One bus stands for the broker: every opener of a test gets it. */
const worlds = new WeakMap<object, Promise<Bus>>();
const shared = (open: () => Promise<Bus>) => (world: object) => {
  const bus = worlds.get(world) ?? open();
  worlds.set(world, bus);
  return bus;
};

describeBus('in-process', { open: shared(() => openInProcessBus({ source: 'tests' })) });
describeBus('in-process with a journal', {
  open: shared(() => openInProcessBus({ source: 'tests', folder: temporaryFolder() })),
});

describe('the journal of the in-process bus', () => {
  const seen = (bus: Bus, durable: string) => {
    const got = collector<string>();
    const handler = async ({ id }: { id: string }, { deliveries }: { deliveries: number }) =>
      got.push(`${id} ${deliveries}`);
    return bus.consume({ durable, types: ['specialist.published'], handler }).then(() => got);
  };

  it('delivers after a restart what was not ended, counting the tries before', async () => {
    const folder = temporaryFolder();
    const first = await openInProcessBus({ source: 'tests', folder });
    await first.publish(specialist('a', 'done'));
    await (await seen(first, 'app-x')).count(1);
    const stuck = await first.consume({
      durable: 'app-stuck',
      types: ['specialist.published'],
      handler: (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error()))),
    });
    await first.publish(specialist('a', 'next'));
    await first.close();
    await stuck.stop();

    const second = await openInProcessBus({ source: 'tests', folder });
    expect((await second.publish(specialist('a', 'next'))).duplicate).toBe(true);
    expect(await (await seen(second, 'app-stuck')).count(2)).toEqual(['done 2', 'next 1']);
    const rest = await seen(second, 'app-x');
    await second.publish(specialist('a', 'last'));
    expect((await rest.count(1))[0]).toMatch(/^(next|last) 1$/);
    await second.close();
  });

  it('keeps dead letters', async () => {
    const folder = temporaryFolder();
    const first = await openInProcessBus({ source: 'tests', folder });
    const buried = collector<unknown>();
    await first.consume({
      durable: 'app-x',
      types: ['specialist.published'],
      maxDeliveries: 1,
      handler: () => Promise.reject(new Error('no')),
      onProblem: (problem) => buried.push(problem),
    });
    await first.publish(specialist('a', 'lost'));
    await buried.count(1);
    const letters = await first.deadLetters.list();
    await first.close();
    const second = await openInProcessBus({ source: 'tests', folder });
    expect(await second.deadLetters.list()).toEqual(letters);
    await second.deadLetters.replay(letters[0]!.id);
    expect(await (await seen(second, 'app-x')).count(1)).toEqual(['lost 1']);
    await second.close();
  });
});
