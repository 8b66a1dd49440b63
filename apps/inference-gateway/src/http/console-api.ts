import type { LineageNode } from '@medlego/artifacts';
import type { FastifyInstance } from 'fastify';
import { registerReports } from '../api/report-routes.ts';
import { registerRuns } from '../api/run-routes.ts';
import { infer } from '../inputs/infer.ts';
import { inputName } from '../inputs/preprocess-input.ts';
import type { InputLimits } from '../inputs/tensor.ts';
import { serverMetadata } from '../metadata.ts';
import type { ModelHost, ModelSlot } from '../models/model-host.ts';
import type { HttpOptions } from './create-http.ts';

interface Named {
  readonly Params: { readonly name: string };
}

/** What the console reads, under `/api/v1`; its types are in `apps/console/src/api/types.ts`. */
export function registerConsoleApi(
  app: FastifyInstance,
  host: ModelHost,
  limits: InputLimits,
  { registry, adminToken }: Pick<HttpOptions, 'registry' | 'adminToken'> = {},
): void {
  const api = '/api/v1';
  registerReports(app, host);
  if (registry) registerRuns(app, registry);
  app.get(`${api}/server`, () => ({
    version: serverMetadata.version,
    features: {
      runs: registry !== undefined,
      promotion: adminToken !== undefined,
      traffic: true,
      explain: false,
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
    const { kind, licences, nonCommercial } = artifact.manifest;
    const history = (await host.store.listNames(kind)).find((entry) => entry.name === name);
    const versions = (history?.versions ?? []).map(({ version, digest, at }) => ({
      version,
      artifact: digest,
      at,
      by: '',
    }));
    return {
      ...summary(host.slot(name)),
      backbone: backbone.digest,
      preprocess: backbone.preprocess,
      licences,
      nonCommercial,
      versions: versions.reverse(),
      serving: versions.find((version) => version.artifact === artifact.digest)?.version ?? null,
      decisions: [],
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
  app.post<Named & { Body: Buffer }>(`${api}/models/:name/predict`, async ({ params: { name }, body }) => {
    const input = { name: inputName, datatype: 'BYTES', shape: [1], data: [new Uint8Array(body)] };
    const { version, outputs } = await infer(host, { model: name, inputs: [input] }, limits);
    return {
      artifact: version.artifact.digest,
      predictions: outputs.map(({ name: task, data }) => {
        const { labels } = version.heads.find((head) => head.task.name === task)!.task;
        return { task, probabilities: Object.fromEntries(labels.map((label, i) => [label, data[i]!])) };
      }),
      overlay: null,
    };
  });
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
