import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '@medlego/artifacts';
import { AppError, StoppedError } from '@medlego/errors';
import { writeFileAtomic } from '@medlego/tensors';
import { createCheckpointFolder, parseCheckpoint } from '@medlego/training';

const file = 'checkpoint.safetensors';

/**
 * The checkpoints of one run: in a folder of this machine, which survives a kill of the Job, and now and then in the store, where an
 * attempt on another machine finds them. Those in the store have no name, so collecting garbage removes them an hour later; a run that has
 * lost its checkpoint begins anew and ends with the same bytes.
 */
export interface JobCheckpoints {
  /** For the training, which writes and reads checkpoints here. */
  readonly folder: string;
  /** Brings the folder up to the checkpoint of the store, where that one is further on. */
  fetch(digest: string | undefined): Promise<void>;
  /** To be called when the folder has a new one: stores it if it is time to. Gives the digest if it did. */
  saved(): Promise<string | null>;
  /** Stores what the training left when it was stopped. */
  stopped(error: unknown): Promise<string | null>;
  /** Forgets the files. */
  clear(): Promise<void>;
}

export interface JobCheckpointsOptions {
  readonly store: ArtifactStore;
  readonly home: string;
  readonly run: string;
  readonly log: (line: string) => void;
  /** Milliseconds between two in the store, at least; storing takes a twentieth of the time at most. Default: 60,000. */
  readonly everyMs?: number;
}

export function createJobCheckpoints({
  store,
  home,
  run,
  log,
  everyMs = 60_000,
}: JobCheckpointsOptions): JobCheckpoints {
  const folder = join(home, 'runs', run);
  const newest = createCheckpointFolder(folder).newest;
  let notBefore = performance.now() + everyMs;

  const keep = async (): Promise<string> => {
    const began = performance.now();
    const { digest } = await store.put({
      kind: 'report',
      files: { [file]: await readFile(newest) },
      config: { checkpointOf: run },
      creator: { name: 'medlego-trainer', version: '1' },
    });
    const tookMs = performance.now() - began;
    notBefore = performance.now() + Math.max(everyMs, 20 * tookMs);
    return digest;
  };
  /** Training goes on without what could not be stored. */
  const tryToKeep = async (): Promise<string | null> => {
    try {
      return await keep();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log(`The checkpoint stays on this machine: ${error.message}`);
      return null;
    }
  };

  return {
    folder,
    async fetch(digest) {
      if (!digest) return;
      try {
        const artifact = await store.get(digest, { kind: 'report' });
        const bytes = await store.readFile(artifact, file);
        const { position } = parseCheckpoint(bytes, digest);
        if (position.updates <= (await updatesOf(newest))) return;
        await mkdir(folder, { recursive: true });
        await writeFileAtomic(newest, bytes, { what: 'checkpoint' });
      } catch (error) {
        if (!(error instanceof AppError) || error.kind === 'unavailable' || error.kind === 'exhausted') throw error;
        log(`The checkpoint ${digest} is of no use: ${error.message}`);
      }
    },
    saved: async () => (performance.now() < notBefore ? null : tryToKeep()),
    stopped: async (error) => (error instanceof StoppedError && error.facts.checkpoint ? tryToKeep() : null),
    clear: () => rm(folder, { recursive: true, force: true }),
  };
}

/** How far a checkpoint is; -1 for none that can be read. */
async function updatesOf(path: string): Promise<number> {
  try {
    return parseCheckpoint(await readFile(path), path).position.updates;
  } catch {
    return -1; // absent or damaged: any other is better
  }
}
