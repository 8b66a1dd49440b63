import type { LineageNode } from '@medlego/artifacts';
import type { FastifyInstance } from 'fastify';
import { modelHistory } from '../api/model-history.ts';
import { registerReports } from '../api/report-routes.ts';
import { registerRuns } from '../api/run-routes.ts';
import type { InputLimits } from '../inputs/tensor.ts';
import { serverMetadata } from '../metadata.ts';
import type { ModelHost, ModelSlot } from '../models/model-host.ts';
import type { HttpOptions } from './create-http.ts';
import { registerPredict } from './predict-route.ts';
import { registerStow } from './stow-routes.ts';

interface Named {
  readonly Params: { readonly name: string };
}

/** What the console reads, under `/api/v1`; its types are in `apps/console/src/api/types.ts`. */
export function registerConsoleApi(
  app: FastifyInstance,
  host: ModelHost,
  limits: InputLimits,
  { registry, canChange }: Pick<HttpOptions, 'registry' | 'canChange'>,
): void {
  const api = '/api/v1';
  registerReports(app, host);
  if (registry) registerRuns(app, registry);
  app.get(`${api}/server`, () => ({
    version: serverMetadata.version,
    features: {
      runs: registry !== undefined,
      promotion: canChange,
      traffic: true,
      explain: true,
      graph: true,
    },
  }));
  app.get(`${api}/models`, () => ({
    models: [...host.slots.values()]
      .filter(({ current }) => current)
      .map(summary)
      .sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name)),
  }));
  app.get<Named>(`${api}/models/:name`, async ({ params: { name } }) => {
    const { artifact, backbone } = host.current(name);
    const { licences, nonCommercial } = artifact.manifest;
    return {
      ...summary(host.slot(name)),
      backbone: backbone.digest,
      preprocess: backbone.preprocess,
      licences,
      nonCommercial,
      ...(await modelHistory(name, artifact, { store: host.store, registry })),
    };
  });
  app.get<Named>(`${api}/models/:name/lineage`, async ({ params: { name } }) => {
    const names = new Map((await host.store.list()).map((artifact) => [artifact.digest, artifact.names]));
    const nodes = new Map<string, LineageNode>();
    const visit = (node: LineageNode): void => {
      if (nodes.has(node.digest)) return;
      nodes.set(node.digest, node);
      for (const parent of node.parents) visit(parent.node);
    };
    visit(await host.store.lineage(host.current(name).artifact.digest));
    return {
      nodes: [...nodes.values()].map(({ digest, manifest, parents }) => ({
        artifact: digest,
        kind: manifest?.kind ?? null,
        names: names.get(digest)?.filter((name) => !name.includes('@')) ?? [],
        tasks: manifest?.tasks.map((task) => task.name) ?? [],
        licences: manifest?.licences ?? [],
        nonCommercial: manifest?.nonCommercial ?? false,
        parents: parents.map(({ role, node }) => ({ artifact: node.digest, role })),
      })),
    };
  });
  registerPredict(app, host, limits);
  registerStow(app, host, limits);
  app.get(`${api}/traffic`, () => {
    const now = host.clock.now();
    return {
      uptimeSeconds: (now - host.started) / 1000,
      models: [...host.slots.values()].map(({ name, statistics }) => ({
        name,
        requests: statistics.success + statistics.failure,
        failures: statistics.failure,
        latencyMs: statistics.latency(now),
        meanBatch: statistics.meanBatch(now),
        queued: host.queuedOf(name),
      })),
    };
  });
}

function summary({ name, current }: ModelSlot) {
  const { artifact, heads } = current!;
  return {
    name,
    kind: artifact.manifest.kind,
    artifact: artifact.digest,
    ready: true,
    tasks: heads.map(({ task: { name: task, kind, labels, modality, licence, nonCommercial } }) => ({
      name: task,
      kind,
      labels,
      modality,
      licence,
      nonCommercial,
    })),
  };
}
