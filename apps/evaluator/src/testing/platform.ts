import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { openArtifactStore, specialistFiles } from '@medlego/artifacts';
import { connectBus } from '@medlego/bus';
import type { EventType } from '@medlego/contracts';
import { EvaluationDefinition, MergingDefinition, RunState, type Run } from '@medlego/contracts/rpc';
import type { Engine } from '@medlego/engine';
import { createMerger, mergingScopes } from '@medlego/merger';
import { openRegistry } from '@medlego/registry';
import { connectRpc, rpcService, startRpcServer } from '@medlego/rpc';
import { temporaryFolder } from '@medlego/testing';
import { keepBackbone, storeDataset, trainTask } from '@medlego/workflows';
import { storeTinyVariant, tinyBackbone, tinyData, type TinyVariant } from '@medlego/workflows/testing';
import { expect, onTestFinished } from 'vitest';
import { evaluateInline, type Evaluate } from '../evaluate-inline.ts';
import { evaluationScopes } from '../evaluation-service.ts';
import { createEvaluator } from '../evaluator.ts';

export const tasks = ['blood', 'breast'] as const;

/** A store with trained specialists of all tasks and their data sets. */
export async function trainStore(root: string, engine: Engine): Promise<void> {
  const store = await openArtifactStore({ root });
  const backbone = tinyBackbone();
  await keepBackbone(store, backbone);
  for (const name of tasks) {
    const dataset = tinyData(name);
    await storeDataset(store, dataset);
    await trainTask({ engine, store, backbone, dataset, name, settings: { epochs: 2, batchSize: 12 } });
  }
}

export interface PlatformOptions {
  /** What `trainStore` made; it is copied. */
  readonly trained: string;
  readonly engine: Engine;
  /** In the place of the evaluation in this process. */
  readonly evaluate?: Evaluate;
  readonly evaluators?: number;
  /** How many of them `start` starts. Default: all. */
  readonly started?: number;
}

/** A merger and evaluators over one store, registry and bus, served over gRPC. */
export async function platform({ trained, engine, evaluate, evaluators: count = 1, started = count }: PlatformOptions) {
  const root = join(temporaryFolder(), 'store');
  await cp(trained, root, { recursive: true });
  const store = await openArtifactStore({ root });
  const bus = await connectBus({ kind: 'in-process', source: 'test' });
  const registry = await openRegistry({ kind: 'memory' });
  const problems: unknown[] = [];
  const shared = { bus, registry, store, onProblem: (error: unknown) => void problems.push(error) };
  const merger = createMerger(shared);
  const inline = evaluateInline({ store, engine: async () => engine });
  const evaluators = Array.from({ length: count }, () => createEvaluator({ ...shared, evaluate: evaluate ?? inline }));
  const server = await startRpcServer({
    services: [
      rpcService(MergingDefinition, merger.service, { scopes: mergingScopes }),
      rpcService(EvaluationDefinition, evaluators[0]!.service, { scopes: evaluationScopes }),
    ],
  });
  const rpc = await connectRpc({ address: server.address });
  const [merging, evaluation] = [rpc.client(MergingDefinition), rpc.client(EvaluationDefinition)];
  const seen: { readonly id: string; readonly type: EventType; readonly data: unknown }[] = [];
  const subscription = await bus.consume({
    durable: 'test-all',
    types: [
      'report.published',
      'generalist.merged',
      'generalist.promoted',
      'generalist.refused',
      'generalist.rolled-back',
    ],
    handler: async ({ id, type, data }) => void seen.push({ id, type, data }),
  });
  onTestFinished(async () => {
    rpc.close();
    await server.close();
    await Promise.all([merger, ...evaluators].map((service) => service.close()));
    await subscription.stop();
    await bus.close();
    await registry.close();
    expect(problems).toEqual([]);
  });

  /** Publishes a specialist of a task as a training Job does. */
  const publish = async (task: string, variant?: TinyVariant) => {
    const ref = variant ? await storeTinyVariant(store, task, variant) : task;
    const { digest, manifest } = await store.get(ref, { kind: 'specialist' });
    const { version } = await registry.names.publish('specialist', task, digest, { by: 'test' });
    const weights = manifest.files[specialistFiles.adapter]!.digest;
    const data = { artifact: digest, name: task, version, task, weights };
    await bus.publish({ type: 'specialist.published', about: task, id: `${task}-${version}-published`, data });
  };
  /** Has the services do again what follows from the end of all runs, as after a crash. */
  const forgetAnnounced = async () => {
    for (const { key, revision } of await registry.documents.list('announced'))
      await registry.documents.delete(key, revision);
  };
  /** Waits until an evaluation run is in a state. */
  const inState = async (id: string, state: RunState): Promise<Run> => {
    for await (const { run } of evaluation.watchEvaluations({ filter: { ids: [id] } }))
      if (run!.state === state) return run!;
    throw new Error('the watch ended');
  };
  /** Merges by hand; resolves when the generalist has its version. */
  const merge = async (requestId: string, members: readonly string[], method = 'med-lego') => {
    const recipe = { method, members: members.map((specialist) => ({ specialist })) };
    const { id } = (await merging.submitMerge({ requestId, name: 'g', recipe })).run!;
    await eventually(() => expect(seen.map((event) => event.id)).toContain(`${id}-merged`));
  };
  const eventually = (check: () => unknown) =>
    expect.poll(async () => (await check(), true), { timeout: 30_000 }).toBe(true);
  const serving = async () => (await registry.names.get('generalist', 'g')).serving;
  const start = () => {
    merger.start();
    for (const evaluator of evaluators.slice(0, started)) evaluator.start();
  };
  const startLater = () => evaluators.at(-1)!.start();
  const answers = { store, registry, merging, evaluation, seen };
  return { ...answers, publish, inState, merge, eventually, serving, start, startLater, forgetAnnounced };
}

export const succeeded = RunState.RUN_STATE_SUCCEEDED;
