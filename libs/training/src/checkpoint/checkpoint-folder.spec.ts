import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointCorruptError, CheckpointMismatchError } from '@medlego/errors';
import { float32 } from '@medlego/tensors';
import type { Checkpoint } from './checkpoint.ts';
import { createCheckpointFolder } from './checkpoint-folder.ts';

const checkpointAt = (step: number): Checkpoint => ({
  fingerprint: { seed: '0', backbone: 'sha256:1' },
  environment: { engine: 'onnx' },
  position: { epoch: 2, step, updates: 10 + step },
  isFinished: false,
  state: { parameters: float32([3], [1, 2, step]), m: float32([3], [0.1, 0.2, 0.3]) },
  best: { epoch: 1, parameters: float32([3], [4, 5, 6]) },
  history: [{ epoch: 0, trainLoss: null, penalty: null, val: { loss: 1.5, acc: 0.5, auc: null } }],
  running: { steps: step, loss: 0.1 + 0.2, penalty: 0 },
});

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'medlego-checkpoint-')), 'run');
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

describe('checkpoint folder', () => {
  it('gives back what was saved, to the bit', async () => {
    const checkpoints = createCheckpointFolder(folder);
    await checkpoints.save(checkpointAt(3));
    const loaded = await checkpoints.load(checkpointAt(3).fingerprint);
    expect(loaded).toEqual({ checkpoint: checkpointAt(3), file: checkpoints.newest, warning: null });
  });

  it('has nothing to resume where nothing was saved', async () => {
    expect(await createCheckpointFolder(folder).load({})).toBeNull();
  });

  it('keeps the newest two and no leftovers', async () => {
    const checkpoints = createCheckpointFolder(folder);
    for (const step of [1, 2, 3]) await checkpoints.save(checkpointAt(step));
    expect((await readdir(folder)).sort()).toEqual(['checkpoint.previous.safetensors', 'checkpoint.safetensors']);
    expect((await checkpoints.load(checkpointAt(0).fingerprint))!.checkpoint.position.step).toBe(3);
  });

  it.each([
    ['truncated', (bytes: Buffer) => bytes.subarray(0, bytes.length - 5)],
    ['empty', () => Buffer.alloc(0)],
    [
      'changed in one bit of a tensor',
      (bytes: Buffer) => Buffer.from(bytes.map((b, i) => (i === bytes.length - 3 ? b ^ 1 : b))),
    ],
    [
      'changed in its document',
      (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('updates\\":13', 'updates\\":14'), 'latin1'),
    ],
  ])('falls back to the one before, with a warning, if the newest is %s', async (_, damage) => {
    const checkpoints = createCheckpointFolder(folder);
    await checkpoints.save(checkpointAt(2));
    await checkpoints.save(checkpointAt(3));
    const bytes = await readFile(checkpoints.newest);
    const damaged = damage(bytes);
    expect(damaged.equals(bytes)).toBe(false);
    await writeFile(checkpoints.newest, damaged);
    const loaded = (await checkpoints.load(checkpointAt(0).fingerprint))!;
    expect(loaded.checkpoint.position.step).toBe(2);
    expect(loaded.warning).toMatch(/the checkpoint before it/);
    // The unreadable file must not push the good one out.
    await checkpoints.save(checkpointAt(4));
    await writeFile(checkpoints.newest, damaged);
    expect((await checkpoints.load(checkpointAt(0).fingerprint))!.checkpoint.position.step).toBe(2);
  });

  it('goes on from the previous one if the process was killed between the two renames', async () => {
    const checkpoints = createCheckpointFolder(folder);
    await checkpoints.save(checkpointAt(2));
    await checkpoints.save(checkpointAt(3));
    await rm(checkpoints.newest);
    expect((await checkpoints.load(checkpointAt(0).fingerprint))!.checkpoint.position.step).toBe(2);
  });

  it('says so if no checkpoint can be read', async () => {
    const checkpoints = createCheckpointFolder(folder);
    await checkpoints.save(checkpointAt(2));
    await writeFile(checkpoints.newest, 'no checkpoint');
    await expect(checkpoints.load(checkpointAt(2).fingerprint)).rejects.toBeInstanceOf(CheckpointCorruptError);
  });

  it('refuses a run with other settings and names them', async () => {
    const checkpoints = createCheckpointFolder(folder);
    await checkpoints.save(checkpointAt(2));
    const other = { ...checkpointAt(2).fingerprint, seed: '1' };
    await expect(checkpoints.load(other)).rejects.toBeInstanceOf(CheckpointMismatchError);
    await expect(checkpoints.load(other)).rejects.toThrow(/seed: checkpoint 0, this run 1/);
  });

  it('makes room for another run once its own is finished', async () => {
    const checkpoints = createCheckpointFolder(folder);
    await checkpoints.save({ ...checkpointAt(5), isFinished: true });
    expect(await checkpoints.load({ seed: '1' })).toBeNull();
    expect((await checkpoints.load(checkpointAt(5).fingerprint))!.checkpoint.isFinished).toBe(true);
  });

  it('clears its files', async () => {
    const checkpoints = createCheckpointFolder(folder);
    await checkpoints.save(checkpointAt(1));
    await checkpoints.clear();
    expect(await checkpoints.load({})).toBeNull();
  });
});
