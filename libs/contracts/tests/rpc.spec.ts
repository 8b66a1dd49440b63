import { createChannel, createClient, createServer } from 'nice-grpc';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RunKind, RunState, TrainingDefinition, type TrainingServiceImplementation } from '../src/rpc.ts';

/** Answers with what it was asked, so that a client sees what crossed the wire. */
const echo: Pick<TrainingServiceImplementation, 'submitTraining' | 'watchTrainings'> = {
  submitTraining: async ({ requestId, spec }) => ({
    run: {
      id: 'training-1',
      kind: RunKind.RUN_KIND_TRAINING,
      state: RunState.RUN_STATE_REQUESTED,
      requestId,
      name: spec?.name,
      labels: spec?.settings,
      created: new Date(Date.UTC(2026, 0, 1)),
      progress: { fraction: 0.5, lastLoss: 0 },
      revision: 2 ** 40,
    },
  }),
  async *watchTrainings({ afterRevision, filter }) {
    for (let i = 1; i <= 3; i++)
      yield { run: { id: filter?.ids[0], revision: afterRevision + i, state: RunState.RUN_STATE_RUNNING } };
  },
};

describe('the generated code', () => {
  it('carries a unary call and a stream over a real gRPC connection', async () => {
    const server = createServer();
    const { submitTraining, watchTrainings } = TrainingDefinition.methods;
    server.add({ ...TrainingDefinition, methods: { submitTraining, watchTrainings } } as const, echo);
    const port = await server.listen('127.0.0.1:0');
    const channel = createChannel(`127.0.0.1:${port}`);
    onTestFinished(async () => {
      channel.close();
      await server.shutdown();
    });
    const client = createClient(TrainingDefinition, channel);
    const spec = { name: 'lungs', settings: { lr: '1e-4' } };
    const { run } = await client.submitTraining({ requestId: 'r-1', spec });
    expect(run).toMatchObject({
      requestId: 'r-1',
      name: 'lungs',
      labels: { lr: '1e-4' },
      created: new Date('2026-01-01T00:00:00Z'),
      revision: 2 ** 40,
      artifact: '',
    });
    // A loss of zero is known, an absent rate is not.
    expect(run?.progress).toMatchObject({ fraction: 0.5, lastLoss: 0, imagesPerSecond: undefined });
    const revisions: number[] = [];
    for await (const { run: told } of client.watchTrainings({ afterRevision: 7, filter: { ids: ['x'] } }))
      revisions.push(told!.revision);
    expect(revisions).toEqual([8, 9, 10]);
  });
});
