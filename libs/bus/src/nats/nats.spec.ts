import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { hasServer, startNatsServer, suiteFolder, type NatsServer } from '@medlego/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { collector, describeBus, fresh, specialist } from '../testing/index.ts';
import { connectNatsBus } from './bus.ts';
import { assertVersion } from './connect.ts';
import { deadLetterStream, eventStream, widen } from './streams.ts';

const folder = suiteFolder();
let server: NatsServer;
describe.skipIf(!hasServer('nats-server'))('with a real nats-server', () => {
  beforeAll(async () => {
    server = await startNatsServer({ storeFolder: folder });
  });
  afterAll(() => server?.stop());

  const open = async (source = 'tests') => {
    const bus = await connectNatsBus({ servers: server.url, name: 'tests', source });
    onTestFinished(() => bus.close());
    return bus;
  };

  describeBus('NATS', { open: (_world, source) => connectNatsBus({ servers: server.url, name: 'tests', source }) });

  describe('the NATS bus', () => {
    it('says what is wrong with a server that is not there, too old, or without JetStream', async () => {
      await expect(
        connectNatsBus({ servers: 'nats://someone:secret@127.0.0.1:1', name: 'tests', source: 'tests' }),
      ).rejects.toMatchObject({ code: 'broker_unavailable', facts: { server: 'nats://127.0.0.1:1' } });
      const plain = await startNatsServer();
      onTestFinished(() => plain.stop());
      await expect(connectNatsBus({ servers: plain.url, name: 'tests', source: 'tests' })).rejects.toMatchObject({
        code: 'broker_unsupported',
        message: expect.stringContaining('-js') as string,
      });
      expect(() => assertVersion('2.9.25', 'here')).toThrow('here: expected nats-server 2.10 or newer, got 2.9.25.');
      for (const version of ['2.10.0', '2.15.1', '3.0.0']) expect(() => assertVersion(version, 'here')).not.toThrow();
      expect(() => assertVersion('unknown', 'here')).toThrow('unknown');
    });

    it('leaves streams alone that are larger than it would make them, and widens smaller ones', async () => {
      await open();
      const connection = await connect({ servers: server.url });
      onTestFinished(() => connection.close());
      const manager = await jetstreamManager(connection);
      const { config } = await manager.streams.info(eventStream);
      await manager.streams.update(eventStream, { ...config, max_age: config.max_age * 4, description: 'by hand' });
      await open();
      const after = (await manager.streams.info(eventStream)).config;
      expect(after.max_age).toBe(config.max_age * 4);
      expect(after.description).toBe('by hand');
      const wanted = { ...config, subjects: ['new.>'], num_replicas: 3 };
      expect(widen(config, wanted)).toMatchObject({ subjects: [...config.subjects, 'new.>'], num_replicas: 3 });
      expect(widen({ ...config, max_age: 0 }, config)).toBeUndefined();
    });

    it('buries what no program of ours can have published', async () => {
      const bus = await open();
      const about = fresh('forged');
      const durable = fresh('app');
      const problems = collector<unknown>();
      await bus.consume({
        durable,
        types: ['specialist.published'],
        from: 'new',
        handler: async () => {},
        onProblem: (problem) => problems.push(problem),
      });
      const connection = await connect({ servers: server.url });
      onTestFinished(() => connection.close());
      connection.publish(`medlego.v1.specialist.${about}.published`, 'not an event');
      await problems.count(1);
      let letters = await bus.deadLetters.list({ durable });
      while (letters.length === 0) letters = await bus.deadLetters.list({ durable });
      expect(letters[0]).toMatchObject({ code: 'invalid_value', reason: expect.stringContaining('ce-') as string });
    });

    it('goes on after the broker was killed and started again: nothing lost, nothing acknowledged twice', async () => {
      const bus = await open();
      const about = fresh('restart');
      const got = collector<string>();
      const changes = collector<string>();
      bus.onStatus((status) => changes.push(status));
      await bus.consume({
        durable: fresh('app'),
        types: ['specialist.published'],
        concurrency: 16,
        ackWaitMs: 2000,
        handler: async (event) => {
          if (event.about === about) got.push(event.id);
        },
      });
      const ids = Array.from({ length: 60 }, (_, i) => `${about}-${i}`);
      const publish = (id: string) => bus.publish(specialist(about, id));
      await Promise.all(ids.slice(0, 20).map(publish));
      await server.stop('SIGKILL');
      await changes.count(1);
      expect(bus.status()).toBe('reconnecting');
      const meanwhile = Promise.all(ids.slice(20, 40).map(publish));
      await server.start();
      await meanwhile;
      await Promise.all(ids.slice(40).map(publish));
      while (new Set(got.items).size < ids.length) await got.count(got.items.length + 1);
      expect(new Set(got.items)).toEqual(new Set(ids));
      expect(bus.status()).toBe('connected');
    });

    it('makes a consumer that was deleted under it anew', async () => {
      const bus = await open();
      const about = fresh('deleted');
      const durable = fresh('app');
      const got = collector<string>();
      await bus.consume({
        durable,
        types: ['specialist.published'],
        handler: async (event) => {
          if (event.about === about) got.push(event.id);
        },
      });
      const connection = await connect({ servers: server.url });
      onTestFinished(() => connection.close());
      await (await jetstreamManager(connection)).consumers.delete(eventStream, durable);
      await bus.publish(specialist(about, `${about}-1`));
      expect(await got.count(1)).toEqual([`${about}-1`]);
    });

    it('keeps dead letters in a stream of their own', async () => {
      await open();
      const connection = await connect({ servers: server.url });
      onTestFinished(() => connection.close());
      const manager = await jetstreamManager(connection);
      expect((await manager.streams.info(deadLetterStream)).config.subjects).toEqual(['medlego.dead-letter.>']);
    });
  });
});
