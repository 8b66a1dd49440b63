import { generalistFiles, openArtifactStore, specialistFiles, type ArtifactStore } from '@medlego/artifacts';
import { createDataset, type Dataset, type Split } from '@medlego/data';
import { parseTask, type Task } from '@medlego/tasks';
import { RandomStream } from '@medlego/vit';
import { adapterFromUpdates } from '@medlego/vit';
import { adapterFiles, headFile } from '../adapter-files.ts';
import { keepBackbone } from '../backbones.ts';
import { creator } from '../creator.ts';
import { probeHeadFile } from '../train-task.ts';
import { randomUpdates, tinyBackbone, tinyConfig, tinyHead } from './tiny-members.ts';

export { generalistFiles, tinyConfig };

export const tinyTask = (name: string): Task =>
  parseTask({ name, kind: 'multi-class', labels: ['dark', 'bright', 'mixed'], licence: 'CC BY 4.0' });

/** Noise images whose brightness tells the class. */
function tinySplit(count: number, name: string): Split {
  const noise = new RandomStream(11, name).uniforms(count * 64, 40);
  return {
    images: Uint8Array.from(noise, (value, i) => 60 + 50 * (Math.floor(i / 64) % 3) + value),
    count,
    height: 8,
    width: 8,
    channels: 1,
    labels: Int32Array.from({ length: count }, (_, row) => row % 3),
    labelWidth: 1,
  };
}

export const tinyData = (name: string): Dataset =>
  createDataset({
    task: tinyTask(name),
    splits: {
      train: tinySplit(36, `${name} train`),
      val: tinySplit(24, `${name} val`),
      test: tinySplit(24, `${name} test`),
    },
    source: { format: 'memory', path: name, skipped: [] },
  });

/** Stores specialists with random adapters and heads, named after their tasks; what they know does not matter. */
export async function storeTinySpecialists(root: string, names: readonly string[]): Promise<ArtifactStore> {
  const store = await openArtifactStore({ root });
  const backbone = tinyBackbone();
  await keepBackbone(store, backbone);
  for (const [index, name] of names.entries()) {
    const adapter = adapterFromUpdates(randomUpdates(index + 1));
    await store.put(
      {
        kind: 'specialist',
        backbone: backbone.digest as `sha256:${string}`,
        tasks: [tinyTask(name)],
        files: {
          ...adapterFiles(tinyConfig, adapter),
          [specialistFiles.head]: headFile(tinyHead(3, 20 + index)),
          [specialistFiles.task]: new TextEncoder().encode(JSON.stringify(tinyTask(name))),
          [probeHeadFile]: headFile(tinyHead(3, 40 + index)),
        },
        licences: ['CC BY 4.0'],
        creator,
      },
      { name },
    );
  }
  return store;
}
