import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RegistryDefinition, RunState, type Run } from '@medlego/contracts/rpc';
import { encodeNpz, type NpyArray } from '@medlego/data';
import { connectRpc } from '@medlego/rpc';
import { workspaceRoot } from '@medlego/testing';
import { RandomStream } from '@medlego/vit';

/** Dark and bright images, which every backbone tells apart after an epoch; written as a task of that name. */
export function writeTask(folder: string, name: string, seed: number): string {
  const noise = new RandomStream(seed, 'bright');
  const split = (part: string, count: number): Record<string, NpyArray> => ({
    [`${part}_images`]: {
      descr: '|u1',
      shape: [count, 28, 28],
      data: Uint8Array.from(
        noise.uniforms(count * 784, 60),
        (value, i) => 40 + 120 * (Math.floor(i / 784) % 2) + value,
      ),
    },
    [`${part}_labels`]: { descr: '|u1', shape: [count, 1], data: Uint8Array.from({ length: count }, (_, i) => i % 2) },
  });
  const file = join(folder, `${name}.npz`);
  writeFileSync(file, Buffer.concat(encodeNpz({ ...split('train', 24), ...split('val', 8), ...split('test', 16) })));
  return file;
}

/** Submits trainings with the command line; ids of their runs. */
export async function submitTraining(address: string, home: string, ...args: string[]): Promise<string[]> {
  const command = [join(workspaceRoot(), 'apps/cli/bin/medlego.mjs'), 'train', '--remote', address, '--backbone'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...command, 'vit-nano', '--lr', '1e-3', '--detach', '--json', ...args],
    { cwd: workspaceRoot(), env: { ...process.env, MEDLEGO_HOME: home } },
  );
  return (JSON.parse(stdout) as { runs: { id: string }[] }).runs.map(({ id }) => id);
}

/** A run once it is as wanted. */
export async function runWhen(address: string, id: string, isIt: (run: Run) => boolean): Promise<Run> {
  const rpc = await connectRpc({ address });
  try {
    const registry = rpc.client(RegistryDefinition);
    for await (const { run } of registry.watchRuns({ filter: { ids: [id] } })) if (isIt(run!)) return run!;
    throw new Error(`${id}: nothing more is said of it`);
  } finally {
    await rpc.close();
  }
}

const ends: readonly RunState[] = [
  RunState.RUN_STATE_SUCCEEDED,
  RunState.RUN_STATE_FAILED,
  RunState.RUN_STATE_CANCELLED,
];

export const isOver = ({ state }: Run): boolean => ends.includes(state);
