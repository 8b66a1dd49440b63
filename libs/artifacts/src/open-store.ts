import { stat } from 'node:fs/promises';
import { InvalidValueError, isSystemError, toAppError } from '@medlego/errors';
import { createArtifactStore } from './create-store.ts';
import { createDiskDriver } from './drivers/disk.ts';
import type { SigningOptions } from './signing.ts';
import type { ArtifactStore } from './store.ts';

export interface OpenStoreOptions {
  /** Folder of the store; made when the first artifact is put. */
  readonly root: string;
  readonly signing?: SigningOptions;
  readonly now?: () => number;
}

/**
 * Opens a store on disk; writes nothing. A folder that is not there yet is an empty store.
 * @throws InvalidValueError if `root` is a file or a signing key is bad; AccessDeniedError
 */
export async function openArtifactStore({ root, signing, now }: OpenStoreOptions): Promise<ArtifactStore> {
  try {
    if (!(await stat(root)).isDirectory())
      throw new InvalidValueError({ field: 'root', expected: 'a folder', actual: `${root}, a file` });
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT')
      throw toAppError(error, { path: root, what: 'artifact store' });
  }
  return createArtifactStore({ driver: createDiskDriver(root), signing, now });
}
