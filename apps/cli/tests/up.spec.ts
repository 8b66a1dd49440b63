import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNode, temporaryFolder, type Child } from '@medlego/testing';
import { expect, it, vi } from 'vitest';
import { brightTask } from './bright-task.ts';
import { medlego, medlegoJson, root } from './medlego.ts';

type History = {
  serving: number | null;
  versions: { artifact: string }[];
  decisions: { outcome: string; version: number; reason: string }[];
};
type Runs = { id: string; name: string; kind: string; state: string }[];

const patience = { timeout: 120_000, interval: 500 };

/** `medlego up` on free ports; its own words say which. */
async function startUp(home: string): Promise<{ child: Child; services: string; http: string }> {
  const child = startNode(
    [
      ...[join(root, 'apps/cli/src/main.ts'), 'up', '--json', '--threads', '1'],
      ...['--port', '0', '--http-port', '0', '--inference-port', '0'],
    ],
    { cwd: root, env: { MEDLEGO_HOME: home, MEDLEGO_REMOTE: '' } },
  );
  const text = await child.waitFor(/^\{.*\}$/m);
  const { services, http } = JSON.parse(text) as { services: string; http: string };
  return { child, services, http };
}

it(
  'trains, merges, measures, promotes and serves by itself, also after the services were killed',
  { timeout: 300_000 },
  async () => {
    const home = temporaryFolder();
    const files = join(home, 'tasks');
    await mkdir(files);
    for (const [seed, name] of ['one', 'two'].entries())
      await writeFile(join(files, `${name}.npz`), brightTask(seed + 1));
    const tasks = ['one', 'two'].map((name) => join(files, `${name}.npz`)).join(',');
    const client = temporaryFolder();
    let up = await startUp(join(home, 'up'));
    const at = () => ['--remote', up.services];

    const track = ['track', 'both', '--task', 'one,two', '--auto-promote'];
    expect(await medlegoJson(client, ...track, ...at())).toMatchObject([{ generalist: 'both', autoPromote: true }]);
    const settings = ['--backbone', 'vit-nano', '--epochs', '1', '--lr', '1e-3'];
    const trained = await medlegoJson<{ runs: Runs }>(client, 'train', '--task', tasks, ...settings, ...at());
    expect(trained.runs.map(({ name, state }) => [name, state])).toEqual([
      ['one', 'succeeded'],
      ['two', 'succeeded'],
    ]);

    // By events alone: merged, evaluated, promoted.
    const history = () => medlegoJson<History>(client, 'history', 'both', ...at());
    const promoted = await vi.waitFor(async () => {
      const known = await history();
      expect(known.serving).not.toBeNull();
      return known;
    }, patience);
    expect(promoted.decisions.at(-1)).toMatchObject({
      outcome: 'promoted',
      reason: expect.stringContaining('gate') as string,
    });
    const served = promoted.versions[promoted.serving! - 1]!.artifact;

    const image = await readFile(join(root, 'data/samples/busibreast/malignant-test2.png'));
    const ask = async () => {
      const body = {
        inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data: [image.toString('base64')] }],
        parameters: {},
      };
      const response = await fetch(`${up.http}/v2/models/both/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status, await response.clone().text()).toBe(200);
      return (await response.json()) as { model_version: string; outputs: { name: string }[] };
    };
    const answer = await vi.waitFor(ask, patience);
    expect(answer.model_version).toBe(served);
    expect(answer.outputs.map(({ name }) => name).sort()).toEqual(['one', 'two']);

    // Every command works on the services' store too.
    const listed = await medlegoJson<{ names: string[] }[]>(client, 'ls', '--kind', 'specialist', ...at());
    expect(listed.flatMap(({ names }) => names)).toEqual(expect.arrayContaining(['one', 'two']));
    expect((await medlegoJson<{ problems: unknown[] }>(client, 'verify', ...at())).problems).toEqual([]);
    expect(await medlegoJson(client, 'dlq', 'ls', ...at())).toEqual([]);
    const logs = await medlego(client, 'logs', trained.runs[0]!.id, ...at());
    expect(logs.stdout).toContain('epoch 1 of 1');

    // Killed at once: what was acknowledged is there again.
    const known = await history();
    await up.child.kill('SIGKILL');
    up = await startUp(join(home, 'up'));
    expect(await history()).toEqual(known);
    expect((await vi.waitFor(ask, patience)).model_version).toBe(served);
    const runs = await medlegoJson<Runs>(client, 'runs', ...at());
    expect(runs.filter(({ state }) => state !== 'succeeded')).toEqual([]);

    // The same request again is the same run.
    const again = ['train', '--task', join(files, 'one.npz'), ...settings, '--request-id', 'mine', '-o', 'one'];
    const first = await medlegoJson<{ runs: Runs }>(client, ...again, ...at());
    const second = await medlegoJson<{ runs: Runs }>(client, ...again, ...at());
    expect(second.runs[0]!.id).toBe(first.runs[0]!.id);

    expect((await up.child.kill('SIGTERM')).code).toBe(0);
  },
);

it('says what is wrong with an address, and who does not answer', { timeout: 60_000 }, async () => {
  const home = temporaryFolder();
  const none = await medlego(home, 'runs', '--json');
  expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: 'invalid_value', facts: { field: '--remote' } } });
  const nobody = await medlego(home, 'runs', '--json', '--remote', '127.0.0.1:1');
  expect(JSON.parse(nobody.stdout)).toMatchObject({ error: { code: 'service_unavailable' } });
  expect(nobody.code).not.toBe(0);
  const local = await medlego(home, 'train', '--task', 'busibreast', '--seeds', '2', '--json');
  expect(JSON.parse(local.stdout)).toMatchObject({ error: { code: 'invalid_value', facts: { field: '--seeds' } } });
});
