import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { addToken, staticTokens } from '@medlego/access';
import { RunNotFoundError } from '@medlego/errors';
import { RunState, TrainingDefinition, type TrainingServiceImplementation } from '@medlego/contracts/rpc';
import { temporaryFolder, testCertificate } from '@medlego/testing';
import { HealthDefinition } from 'nice-grpc-server-health';
import { ServerReflectionService } from 'nice-grpc-server-reflection';
import { ServerReflectionRequest } from 'nice-grpc-server-reflection/lib/proto/grpc/reflection/v1/reflection_pb.js';
import { createChannel, createClient } from 'nice-grpc';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { callerOf, connectRpc, resumeWatch, rpcService, startRpcServer, type RpcServerOptions } from '../src/index.ts';

const scopes = {
  submitTraining: 'train',
  submitSweep: 'train',
  getTraining: 'read',
  listTrainings: 'read',
  cancelTraining: 'train',
  watchTrainings: 'read',
  watchTrainingLogs: 'read',
  reportRun: 'train',
} as const;

/** Only what a test says; the rest fails as a bug would. */
const training = (methods: Partial<TrainingServiceImplementation>) =>
  rpcService(
    TrainingDefinition,
    new Proxy(methods, {
      get: (target, name) =>
        Reflect.get(target, name) ??
        (() => {
          throw new TypeError('a bug');
        }),
    }) as TrainingServiceImplementation,
    { scopes },
  );

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function serve(methods: Partial<TrainingServiceImplementation>, options: Partial<RpcServerOptions> = {}) {
  const server = await startRpcServer({ services: [training(methods)], ...options });
  open.push(() => server.close(1000));
  return server;
}

async function connect(...args: Parameters<typeof connectRpc>) {
  const rpc = await connectRpc(...args);
  open.push(() => rpc.close());
  return rpc.client(TrainingDefinition);
}

const run = (revision: number) => ({ run: { id: 'r', revision, state: RunState.RUN_STATE_RUNNING } as never });

describe('errors', () => {
  it('cross whole: code, kind, facts and message', async () => {
    const { address } = await serve({
      getTraining: () => Promise.reject(new RunNotFoundError({ id: 'r-é' })),
    });
    const failure = (await connect({ address })).getTraining({ id: 'r-é' });
    await expect(failure).rejects.toMatchObject({
      code: 'run_not_found',
      kind: 'not_found',
      facts: { id: 'r-é' },
      message: new RunNotFoundError({ id: 'r-é' }).message,
    });
  });

  it('show nothing of a bug, and tell the server’s log', async () => {
    const problems: unknown[] = [];
    const { address } = await serve({}, { onProblem: (error, path) => problems.push([String(error), path]) });
    const failure = (await connect({ address })).getTraining({ id: 'r' });
    await expect(failure).rejects.toMatchObject({
      code: 'rpc_internal',
      message: expect.not.stringContaining('a bug'),
    });
    expect(problems).toEqual([['TypeError: a bug', '/medlego.v1.Training/GetTraining']]);
  });

  it('leave out facts that are too large for a trailer', async () => {
    const { address } = await serve({
      getTraining: () => Promise.reject(new RunNotFoundError({ id: 'x'.repeat(100_000) })),
    });
    const failure = (await connect({ address })).getTraining({ id: 'r' });
    await expect(failure).rejects.toMatchObject({ code: 'run_not_found', facts: {} });
  });

  it('say who does not answer, after the attempts', async () => {
    const socket = createServer().listen(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address() as AddressInfo;
    socket.close();
    const failure = (await connect({ address: `127.0.0.1:${port}`, attempts: 2 })).getTraining({ id: 'r' });
    await expect(failure).rejects.toMatchObject({
      code: 'service_unavailable',
      facts: { address: `127.0.0.1:${port}` },
    });
  });

  it('refuse an address that is none', async () => {
    await expect(connectRpc({ address: 'somewhere' })).rejects.toMatchObject({ code: 'invalid_value' });
  });
});

describe('calls', () => {
  it('are repeated while the service is unavailable, and not for other failures', async () => {
    let calls = 0;
    const { address, close } = await serve({
      getTraining: () => {
        calls++;
        return Promise.reject(new RunNotFoundError({ id: 'r' }));
      },
    });
    const client = await connect({ address });
    await expect(client.getTraining({ id: 'r' })).rejects.toMatchObject({ code: 'run_not_found' });
    expect(calls).toBe(1);
    await close();
    const again = client.getTraining({ id: 'r' });
    await serve({ getTraining: () => Promise.resolve(run(1)) }, { port: Number(address.split(':')[1]) });
    expect((await again).run?.revision).toBe(1);
  });

  it('end at the deadline', async () => {
    const { address } = await serve({ getTraining: () => new Promise(() => {}) });
    const client = await connect({ address, deadlineMs: 100 });
    await expect(client.getTraining({ id: 'r' })).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  it('tell the method when the caller goes away', async () => {
    const seen = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const { address } = await serve({
      async *watchTrainings(_, { signal }) {
        signal.addEventListener('abort', () => ended.resolve());
        yield run(1);
        seen.resolve();
        await new Promise(() => {});
      },
    });
    for await (const _ of (await connect({ address })).watchTrainings({})) break;
    await ended.promise;
  });
});

describe('watches', () => {
  it('go on after the newest revision when the server is replaced', async () => {
    const asked: number[] = [];
    const methods = (last: number): Partial<TrainingServiceImplementation> => ({
      async *watchTrainings({ afterRevision }, { signal }) {
        asked.push(afterRevision);
        for (let revision = afterRevision + 1; revision <= last; revision++) yield run(revision);
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('over'))));
      },
    });
    const first = await serve(methods(2));
    const client = await connect({ address: first.address });
    const stop = new AbortController();
    const revisionOf = (message: { run?: { revision: number } | undefined }) => message.run!.revision;
    const seen: number[] = [];
    const options = { revisionOf, signal: stop.signal, pauseMs: 10 };
    const { signal } = stop;
    for await (const message of resumeWatch(
      (afterRevision) => client.watchTrainings({ afterRevision }, { signal }),
      options,
    )) {
      seen.push(revisionOf(message));
      if (seen.length === 2) {
        await first.close();
        await serve(methods(4), { port: first.port });
      }
      if (seen.length === 4) stop.abort();
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(asked).toEqual([0, 2]);
  });

  it('throw what would come again', async () => {
    const { address } = await serve({
      async *watchTrainings() {
        yield run(1);
        throw new RunNotFoundError({ id: 'r' });
      },
    });
    const client = await connect({ address });
    const watch = resumeWatch(() => client.watchTrainings({}), { revisionOf: () => 1 });
    await watch.next();
    await expect(watch.next()).rejects.toMatchObject({ code: 'run_not_found' });
  });
});

describe('who may', () => {
  it('is asked of a token: none, a wrong one, one without the scope, one with it', async () => {
    const file = join(temporaryFolder(), 'tokens.json');
    const { token } = await addToken(file, { subject: 'reader', scopes: ['read'] });
    const { address } = await serve(
      {
        getTraining: (_, context) => Promise.resolve({ run: { id: callerOf(context).subject } as never }),
        submitTraining: () => Promise.resolve(run(1)),
      },
      { authenticator: staticTokens(file) },
    );
    await expect((await connect({ address })).getTraining({ id: '' })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    const wrong = await connect({ address, token: 'nobody' });
    await expect(wrong.getTraining({ id: '' })).rejects.toMatchObject({ code: 'unauthenticated' });
    const reader = await connect({ address, token });
    expect((await reader.getTraining({ id: '' })).run?.id).toBe('reader');
    await expect(reader.submitTraining({})).rejects.toMatchObject({
      code: 'scope_required',
      facts: { scope: 'train' },
    });
  });
});

describe('encryption', () => {
  it('works with a certificate, and with certificates on both sides', async () => {
    const folder = temporaryFolder();
    const server = await testCertificate(folder, 'server');
    const client = await testCertificate(folder, 'client');
    const methods = { getTraining: () => Promise.resolve(run(7)) };
    const one = await serve(methods, { tls: server });
    expect(
      (await (await connect({ address: one.address, tls: { ca: server.cert } })).getTraining({})).run?.revision,
    ).toBe(7);
    await expect((await connect({ address: one.address, attempts: 1 })).getTraining({})).rejects.toMatchObject({
      kind: 'unavailable',
    });

    const both = await serve(methods, { tls: { ...server, ca: client.cert } });
    const known = await connect({ address: both.address, tls: { ca: server.cert, ...client } });
    expect((await known.getTraining({})).run?.revision).toBe(7);
    const unknown = await connect({ address: both.address, attempts: 1, tls: { ca: server.cert } });
    await expect(unknown.getTraining({})).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('names a file that is no certificate', async () => {
    const folder = temporaryFolder();
    const { key } = await testCertificate(folder);
    await expect(serve({}, { tls: { cert: join(folder, 'none.pem'), key } })).rejects.toMatchObject({
      code: 'file_not_found',
    });
    await expect(serve({}, { tls: { cert: import.meta.filename, key } })).rejects.toMatchObject({
      code: 'invalid_value',
      facts: { field: 'tls.cert' },
    });
  });
});

describe('the server', () => {
  it('tells its health and describes its services when it may', async () => {
    const server = await serve({}, { reflection: true });
    const channel = createChannel(server.address);
    open.push(() => channel.close());
    const health = createClient(HealthDefinition, channel);
    const statusOf = async (service: string) => (await health.check({ service })).status;
    expect([await statusOf(''), await statusOf('medlego.v1.Training')]).toEqual([1, 1]);
    server.setServing(false);
    expect(await statusOf('medlego.v1.Training')).toBe(2);

    const reflection = createClient(ServerReflectionService, channel);
    const request = new ServerReflectionRequest().setFileContainingSymbol('medlego.v1.Training');
    for await (const answer of reflection.serverReflectionInfo(
      (async function* () {
        yield await Promise.resolve(request);
      })(),
    ))
      expect(answer.getFileDescriptorResponse()!.getFileDescriptorProtoList_asU8().length).toBeGreaterThan(0);
  });

  it('names a port that is taken', async () => {
    const { port } = await serve({});
    await expect(serve({}, { port })).rejects.toMatchObject({ code: 'invalid_value', facts: { field: 'port' } });
  });

  it('waits for answers when it closes', async () => {
    const release = Promise.withResolvers<void>();
    const called = Promise.withResolvers<void>();
    const server = await serve({
      async getTraining() {
        called.resolve();
        await release.promise;
        return run(3);
      },
    });
    const answer = (await connect({ address: server.address })).getTraining({ id: 'r' });
    await called.promise;
    const closed = server.close();
    release.resolve();
    expect((await answer).run?.revision).toBe(3);
    await closed;
  });
});
