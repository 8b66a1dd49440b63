import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, workspaceRoot } from '@medlego/testing';
import { storeTinyVariant } from '@medlego/workflows/testing';
import { expect, it, vi } from 'vitest';
import { brightTask, medlego, openSite, publishSpecialist, type Site } from '../src/index.ts';

const tasks = ['one', 'two', 'three'];
const patience = { timeout: 120_000, interval: 250 };

it('specialists that are trained through one process are merged, measured, promoted and served by four others', async () => {
  const site = await openSite({ store: 'nats' });
  const trainer = await site.serve('trainer');
  const [merger, evaluator, gateway] = await Promise.all([
    site.serve('merger'),
    site.serve('evaluator'),
    site.serve('inference-gateway'),
  ]);
  const client = temporaryFolder();
  const files = await writeTasks(join(client, 'tasks'));

  // A command speaks to one address: each to the service that it is about.
  const track = ['track', 'screening', '--task', tasks.join(','), '--auto-promote'];
  await medlego(client, ...track, '--remote', merger.address);
  const settings = ['--backbone', 'vit-nano', '--epochs', '1', '--lr', '1e-3'];
  const { runs } = await medlego<{ runs: { state: string; artifact: string }[] }>(
    ...[client, 'train', '--task', files.join(','), ...settings, '--remote', trainer.address],
  );
  expect(runs.map(({ state }) => state)).toEqual(tasks.map(() => 'succeeded'));

  const promoted = await vi.waitFor(async () => {
    const name = await generalist(site);
    expect(name.serving).not.toBeNull();
    return name;
  }, patience);
  const served = promoted.versions.find(({ version }) => version === promoted.serving)!.digest;
  expect(promoted.decisions.at(-1)).toMatchObject({ outcome: 'promoted', report: expect.stringContaining('sha256:') });
  const answer = await vi.waitFor(() => ask(gateway.http), patience);
  expect(answer.model_version).toBe(served);
  expect(answer.outputs.map(({ name }) => name).sort()).toEqual([...tasks].sort());

  // Too wild to be merged: refused at the door.
  await publishSpecialist(await storeTinyVariant(site.store, 'one', { adapter: 1e6 }), 'one', site);
  const refused = async (kind: string, name: string) =>
    (await site.registry.names.get(kind, name)).decisions.filter(({ outcome }) => outcome === 'refused');
  await vi.waitFor(async () => expect(await refused('specialist', 'one')).toHaveLength(1), patience);
  expect((await generalist(site)).versions).toHaveLength(promoted.versions.length);

  // Merged, but it answers the wrong way round: refused by the gate, with the report.
  await publishSpecialist(await storeTinyVariant(site.store, 'two', { head: -1 }), 'two', site);
  await vi.waitFor(async () => expect(await refused('generalist', 'screening')).not.toEqual([]), patience);
  const [refusal] = await refused('generalist', 'screening');
  expect(refusal).toMatchObject({ report: expect.stringContaining('sha256:'), reason: expect.stringMatching(/two/) });
  expect((await generalist(site)).serving).toBe(promoted.serving);
  expect((await ask(gateway.http)).model_version).toBe(served);

  expect((await medlego<{ problems: unknown[] }>(client, 'verify', '--remote', trainer.address)).problems).toEqual([]);
  expect(await medlego(client, 'dlq', 'ls', '--remote', trainer.address)).toEqual([]);
  for (const service of [gateway, evaluator, merger, trainer]) expect((await service.kill('SIGTERM')).code).toBe(0);
});

const generalist = async ({ registry }: Site) =>
  registry.names.get('generalist', 'screening').catch((error: { code?: string }) => {
    if (error.code === 'name_not_found') return { serving: null, versions: [], decisions: [] };
    throw error;
  });

async function writeTasks(folder: string): Promise<string[]> {
  await mkdir(folder);
  return Promise.all(
    tasks.map(async (task, seed) => {
      const file = join(folder, `${task}.npz`);
      await writeFile(file, brightTask(seed + 1));
      return file;
    }),
  );
}

async function ask(base: string) {
  const image = await readFile(join(workspaceRoot(), 'data/samples/busibreast/malignant-test2.png'));
  const input = { name: 'image', datatype: 'BYTES', shape: [1], data: [image.toString('base64')] };
  const response = await fetch(`${base}/v2/models/screening/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [input], parameters: {} }),
  });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as { model_version: string; outputs: { name: string }[] };
}
