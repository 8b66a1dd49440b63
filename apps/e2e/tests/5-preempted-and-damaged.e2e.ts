import { chmod, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { specialistFiles } from '@medlego/artifacts';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { expect, it, vi } from 'vitest';
import {
  jobProcesses,
  openSite,
  openUndisturbed,
  sendSignal,
  storeInputs,
  trainingOf,
  type Clients,
  type Service,
} from '../src/index.ts';

const patience = { timeout: 90_000, interval: 50 };
const epochs = 150;

it('a training that is told to stop goes on, and ends with the same bytes', async () => {
  const site = await openSite();
  await storeInputs(site.store);
  const trainer = await site.serve('trainer');
  const { training } = await site.clients({ trainer });
  const { id } = (await training.submitTraining({ requestId: 'r', spec: trainingOf('blood', 5, epochs) })).run!;
  for (const attempt of [1, 2]) {
    // In the middle of the first attempt, then of the second.
    await vi.waitFor(async () => {
      const { state, attempts, progress } = await site.registry.runs.get(id);
      expect({ state, attempts, isMoving: progress.fraction > attempt * 0.1 }).toEqual({
        ...{ state: 'running', attempts: attempt, isMoving: true },
      });
    }, patience);
    for (const pid of await jobProcesses(site.folder)) sendSignal(pid, 'SIGTERM');
    await vi.waitFor(async () => expect((await site.registry.runs.get(id)).attempts).toBe(attempt + 1), patience);
  }
  const [run] = await site.allEnded([id]);
  expect(run).toMatchObject({ state: 'succeeded', attempts: 3 });
  expect(await logOf(training, id)).toMatch(/^Going on from epoch/mu);
  expect(run!.artifact).toBe(await (await openUndisturbed()).train('blood', 5, epochs));
  expect((await site.store.verify()).problems).toEqual([]);
});

it('damaged blobs are refused with the reason, and what was served is served further', async () => {
  const site = await openSite();
  const store = await storeTinySpecialists(site.storeFolder, ['blood', 'breast', 'derma']);
  const [merger, gateway] = [await site.serve('merger'), await site.serve('inference-gateway')];
  const { merging } = await site.clients({ merger });
  const merge = async (requestId: string, members: readonly string[]) => {
    const recipe = { method: 'average', members: members.map((specialist) => ({ specialist })) };
    const { id } = (await merging.submitMerge({ requestId, name: 'g', recipe })).run!;
    return (await site.allEnded([id]))[0]!;
  };
  const promote = (version: number) =>
    site.registry.names.promote('generalist', 'g', version, { by: 'e2e', reason: 'a test' });
  const good = await merge('good', ['blood', 'breast']);
  expect(good).toMatchObject({ state: 'succeeded' });
  await site.hasVersions('g', [good.artifact]);
  await promote(1);
  await vi.waitFor(async () => expect(await servedBy(gateway)).toBe(good.artifact), patience);

  // A member that is damaged: the merge says so.
  const adapter = (await store.get('derma')).manifest.files[specialistFiles.adapter]!;
  await damage(blobPath(site.storeFolder, adapter.digest));
  expect(await merge('corrupt', ['blood', 'derma'])).toMatchObject({
    state: 'failed',
    error: { code: 'corrupt_blob' },
  });
  await truncate(blobPath(site.storeFolder, adapter.digest), 100);
  expect(await merge('truncated', ['breast', 'derma'])).toMatchObject({
    ...{ state: 'failed', error: { code: 'corrupt_blob' } },
  });

  // A generalist that is damaged before it is promoted: the gateway keeps what it has.
  const next = await merge('next', ['breast']);
  expect(next).toMatchObject({ state: 'succeeded' });
  await site.hasVersions('g', [good.artifact, next.artifact]);
  const { files } = (await store.get(next.artifact!)).manifest;
  const own = Object.values(files).map(({ digest }) => digest);
  const old = Object.values((await store.get(good.artifact!)).manifest.files).map(({ digest }) => digest);
  for (const digest of own.filter((candidate) => !old.includes(candidate)))
    await damage(blobPath(site.storeFolder, digest));
  await promote(2);
  await vi.waitFor(async () => expect(await problemsOf(gateway)).toMatch(/digest|corrupt|damaged/iu), patience);
  expect(await servedBy(gateway)).toBe(good.artifact);
  expect((await site.store.verify()).problems.length).toBeGreaterThan(1);
});

async function logOf(training: Clients['training'], id: string): Promise<string> {
  const lines: string[] = [];
  for await (const { text } of training.watchTrainingLogs({ id })) lines.push(text);
  return lines.join('\n');
}

async function damage(path: string): Promise<void> {
  await chmod(path, 0o600);
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
}

/** Where the disk driver keeps a blob. */
const blobPath = (root: string, digest: string) => join(root, 'blobs', digest.replace(/^sha256:(..)/u, 'sha256/$1/'));

async function servedBy({ http }: Service): Promise<string | undefined> {
  const { versions } = (await (await fetch(`${http}/v2/models/g`)).json()) as { versions?: string[] };
  return versions?.[0];
}

/** What the gateway says of its models. */
const problemsOf = async ({ admin }: Service): Promise<string> =>
  (await fetch(`${admin}/v2/repository/index`, { method: 'POST' })).text();
