import { type ArtifactStore, type StoredArtifact } from '@medlego/artifacts';
import { statisticsKinds, type MergeMember } from '@medlego/merging';
import { parseSafetensors, type NamedTensors } from '@medlego/tensors';
import type { AdapterModel } from '@medlego/training';
import {
  probeFileOf,
  probeHeadFile,
  readAdapterFiles,
  readHead,
  readStatistics,
  type NamedBackbone,
} from '@medlego/workflows';

/** A specialist in memory; or one task of a joint model, which shares its adapter with the others. */
export interface Specialist {
  readonly task: string;
  readonly digest: string;
  readonly artifact: StoredArtifact;
  /** null for one that is its head alone. */
  readonly adapter: AdapterModel | null;
  readonly head: NamedTensors;
  /** The linear head solved on the plain backbone. */
  readonly probe: NamedTensors;
  /** Statistics of its training data, for methods that need them, where training wrote some. */
  readonly statistics: MergeMember['statistics'];
}

export const isFullModel = ({ adapter }: Specialist): boolean => adapter?.spec.kind === 'full';

/** Reads all files that a task has in a specialist or a joint model. @throws MissingBlobError, CorruptBlobError for a file that was lost */
export async function readSpecialist(
  store: ArtifactStore,
  artifact: StoredArtifact,
  backbone: NamedBackbone,
  task: string,
): Promise<Specialist> {
  const probeFile = artifact.manifest.kind === 'generalist' ? probeFileOf(task) : probeHeadFile;
  const [adapter, head, probe, statistics] = await Promise.all([
    readAdapterFiles(store, artifact, backbone.config),
    readHead(store, artifact, task),
    store.readFile(artifact, probeFile),
    readStatistics(store, artifact, statisticsKinds),
  ]);
  return {
    task,
    digest: artifact.digest,
    artifact,
    adapter,
    head,
    probe: parseSafetensors(probe, `${artifact.digest} ${probeFile}`).tensors,
    statistics,
  };
}
