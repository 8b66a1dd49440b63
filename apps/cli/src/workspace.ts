import { join } from 'node:path';
import type { ArtifactStore } from '@medlego/artifacts';
import type { CommandContext } from './context.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** Folders that hold the backbones that come with the sources. */
export const modelFolders: readonly string[] = [join(root, 'models')];

/** Where `npm run console` builds to. */
export const consoleFolder: string = join(root, 'apps', 'console', 'dist');

/** Where a task that is given by name alone is looked for. */
export const dataFolders: readonly string[] = ['data', join(root, 'data')];

/** Tables and figures, and under `configs/` what they are made from. */
export const resultsFolder: string = join(root, 'docs', 'results');

/** Images of the sample tasks, a folder per task. */
export const sampleFolder: string = join(root, 'data', 'samples');

/** The store of this command, here or behind the services; libraries that compute are loaded only by the commands that compute. */
export async function openStore(context: CommandContext): Promise<ArtifactStore> {
  if (context.remote) return openStoreOfServices(context);
  const { openArtifactStore, readSigning } = await import('@medlego/artifacts');
  return openArtifactStore({ root: context.home, signing: await readSigning(process.env) });
}

async function openStoreOfServices(context: CommandContext): Promise<ArtifactStore> {
  const [{ readSigning }, { openRemoteStore }, { connectRemote }] = await Promise.all([
    import('@medlego/artifacts'),
    import('@medlego/registry-service/remote-store'),
    import('./remote/connect-remote.ts'),
  ]);
  return openRemoteStore(await connectRemote(context), {
    cacheFolder: join(context.home, 'cache', 'remote'),
    signing: await readSigning(process.env),
  });
}

/** Digests as people read them. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);
