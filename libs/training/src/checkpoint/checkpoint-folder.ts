import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointCorruptError, CheckpointMismatchError, toAppError } from '@medlego/errors';
import { syncFolder, writeFileAtomic } from '@medlego/tensors';
import type { Checkpoint } from './checkpoint.ts';
import { encodeCheckpoint, parseCheckpoint } from './codec.ts';

const newestName = 'checkpoint.safetensors';
const previousName = 'checkpoint.previous.safetensors';
const corruptName = 'checkpoint.corrupt.safetensors';

export interface LoadedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly file: string;
  /** Said to the user: the newest file could not be read and the one before it is used. */
  readonly warning: string | null;
}

/** The checkpoints of one run: the newest and the one before it. A kill at any instant leaves at least one that is whole. */
export interface CheckpointFolder {
  readonly newest: string;
  save(checkpoint: Checkpoint): Promise<void>;
  /**
   * The newest checkpoint that can be read, or null where there is none or only that of another run which is finished.
   * @throws CheckpointMismatchError if it was written under another fingerprint, CheckpointCorruptError if none can be read
   */
  load(fingerprint: Checkpoint['fingerprint']): Promise<LoadedCheckpoint | null>;
  /** Removes the files of a finished run. */
  clear(): Promise<void>;
}

export function createCheckpointFolder(folder: string): CheckpointFolder {
  const newest = join(folder, newestName);
  const previous = join(folder, previousName);
  return {
    newest,
    async save(checkpoint) {
      try {
        await mkdir(folder, { recursive: true });
        // The newest moves aside first: until the new file has its name, the moved one is what a resume finds.
        await rename(newest, previous).catch(ignoreMissing);
      } catch (error) {
        throw toAppError(error, { path: newest, what: 'checkpoint' });
      }
      await writeFileAtomic(newest, encodeCheckpoint(checkpoint), { what: 'checkpoint' });
    },
    async load(fingerprint) {
      const reasons: string[] = [];
      for (const file of [newest, previous]) {
        const bytes = await readFile(file).catch(ignoreMissing);
        if (!bytes) continue;
        let checkpoint: Checkpoint;
        try {
          checkpoint = parseCheckpoint(bytes, file);
        } catch (error) {
          reasons.push(error instanceof Error ? error.message : String(error));
          continue;
        }
        const differences = compareRecords(checkpoint.fingerprint, fingerprint);
        // A finished run has nothing to lose: another one may take its place.
        if (differences.length && checkpoint.isFinished) return null;
        if (differences.length) throw new CheckpointMismatchError({ file, differences });
        // Out of the way, or the next save would move the unreadable file over the good one.
        if (reasons.length) await rename(newest, join(folder, corruptName));
        return {
          checkpoint,
          file,
          warning: reasons.length ? `${reasons.join('; ')} Going on from ${file}, the checkpoint before it.` : null,
        };
      }
      if (reasons.length) throw new CheckpointCorruptError({ folder, reasons });
      return null;
    },
    async clear() {
      await Promise.all([newest, previous, join(folder, corruptName)].map((file) => rm(file, { force: true })));
      await syncFolder(folder).catch(ignoreMissing);
    },
  };
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

/** `name: checkpoint X, this run Y` for every entry that differs. */
export function compareRecords(
  theirs: Readonly<Record<string, string>>,
  ours: Readonly<Record<string, string>>,
): string[] {
  const names = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].sort();
  return names
    .filter((name) => theirs[name] !== ours[name])
    .map((name) => `${name}: checkpoint ${theirs[name] ?? 'none'}, this run ${ours[name] ?? 'none'}`);
}
