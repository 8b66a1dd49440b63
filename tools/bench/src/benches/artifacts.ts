import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson, manifestSchema, openArtifactStore } from '@medlego/artifacts';
import type { Bench, MeasureOptions, Measured } from '../bench.ts';
import { withRegistry } from '../serve-registry.ts';
import { medianMs } from '../timing.ts';

const targetMs = 100;
const names = 1000;

/** Manifests as the store lays them out (docs/reference/artifacts.md), without its fsync per file: they only have to be there. */
async function fill(root: string, count: number): Promise<void> {
  const manifests = join(root, 'manifests', 'sha256');
  await mkdir(manifests, { recursive: true });
  for (let i = 0; i < count; i++) {
    const manifest = {
      schema: manifestSchema,
      kind: i % 10 === 0 ? 'specialist' : 'report',
      backbone: null,
      tasks: [],
      files: {},
      config: { index: i },
      metrics: { val: { acc: 0.9, auc: 0.95 } },
      parents: [],
      licences: ['CC-BY-4.0'],
      nonCommercial: false,
      creator: { name: 'bench', version: '1' },
    };
    const bytes = canonicalJson(manifest, 'manifest');
    const hex = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(manifests, `${hex}.json`), bytes);
    if (i >= names) continue;
    const folder = join(root, 'names', manifest.kind, `n${i}`);
    await mkdir(folder, { recursive: true });
    const version = {
      kind: manifest.kind,
      name: `n${i}`,
      version: 1,
      digest: `sha256:${hex}`,
      at: '2026-01-01T00:00:00.000Z',
    };
    await writeFile(join(folder, '00000001.json'), canonicalJson(version, 'name'));
  }
}

async function measure({ size, seconds, folder }: MeasureOptions): Promise<Measured> {
  const root = join(folder, 'store');
  await fill(root, Number(size));
  await sleep(2500); // a folder that changed this moment is listed anew each time
  return withRegistry(await openArtifactStore({ root }), async (client) => {
    const start = performance.now();
    let { nextPageToken: pageToken } = await client.listArtifacts({ pageSize: 100 });
    const firstMs = performance.now() - start;
    const next = async () => {
      pageToken = (await client.listArtifacts({ pageSize: 100, pageToken })).nextPageToken;
    };
    const value = await medianMs(next, { warmUps: 2, seconds, leastRuns: 5 });
    return { value, details: { firstMs, targetMs, ratioToTarget: targetMs / value } };
  });
}

export const artifacts: Bench = {
  name: 'artifacts',
  title: 'A page of 100 artifacts of a registry',
  unit: 'ms',
  higherIsBetter: false,
  sizes: ['10000', '100000'],
  note: 'Over gRPC, from a store on disk with 1,000 names. The first page after a start reads every manifest.',
  measure,
};
