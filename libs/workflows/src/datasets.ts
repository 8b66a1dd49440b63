import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { splitNames, type Dataset } from '@medlego/data';
import { creator } from './creator.ts';

/** Stores what is to be known of a data set, without a single image: its task, its digest, its counts. Lineages end here. */
export function describeDataset(store: ArtifactStore, { task, digest, splits }: Dataset): Promise<StoredArtifact> {
  const { height, width, channels } = splits.train;
  return store.put({
    kind: 'dataset',
    tasks: [task],
    files: {},
    config: {
      digest,
      counts: Object.fromEntries(splitNames.map((name) => [name, splits[name].count])),
      image: { height, width, channels },
    },
    licences: [task.licence],
    nonCommercial: task.nonCommercial,
    creator,
  });
}
