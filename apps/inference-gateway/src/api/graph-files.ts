import { createReadStream, type ReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '@medlego/artifacts';
import { exportArtifact } from '@medlego/workflows';
import type { VersionFiles } from '../models/read-version.ts';

type Exported = Pick<VersionFiles, 'artifact' | 'backbone'>;

/** Exported graphs kept; the one asked for longest ago goes first. */
const maxKept = 4;

export interface GraphFiles {
  /** A stream of the artifact's ONNX file, which is made when it is first asked for. */
  open(version: Exported): Promise<ReadStream>;
  /** Removes all files. */
  close(): Promise<void>;
}

/** Models as ONNX files for clients that compute themselves; in a temporary folder, made once per artifact. */
export function createGraphFiles(store: ArtifactStore): GraphFiles {
  let folder: Promise<string> | undefined;
  const files = new Map<string, Promise<string>>();
  const write = async ({ artifact, backbone }: Exported): Promise<string> => {
    folder ??= mkdtemp(join(tmpdir(), 'medlego-graphs-'));
    const path = join(await folder, `${artifact.digest.replace(':', '-')}.onnx`);
    await exportArtifact({ store, backbone, artifact, format: 'onnx', path });
    return path;
  };
  return {
    async open(version) {
      const { digest } = version.artifact;
      const file = files.get(digest) ?? write(version);
      files.delete(digest);
      files.set(digest, file); // the last of the map is the newest
      if (files.size > maxKept) {
        const [oldest, path] = files.entries().next().value!;
        files.delete(oldest);
        void path.then((unused) => rm(unused, { force: true })).catch(() => undefined);
      }
      try {
        return createReadStream(await file);
      } catch (error) {
        if (files.get(digest) === file) files.delete(digest); // try again next time
        throw error;
      }
    },
    async close() {
      if (folder) await rm(await folder, { recursive: true, force: true });
    },
  };
}
