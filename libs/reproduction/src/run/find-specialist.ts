import { canonicalJson, type ArtifactStore, type StoredArtifact } from '@medlego/artifacts';
import { AppError, ArtifactNotFoundError } from '@medlego/errors';
import { parseTrainingSettings, type TrainingSettings } from '@medlego/training';

/** What a stored specialist has to agree in, to be taken for the one that is wanted. */
export interface WantedSpecialist {
  /** Name in the store. */
  readonly name: string;
  readonly backbone: string;
  readonly kind: 'specialist' | 'generalist';
  /** Digest of the data set, by task; several for a joint model. */
  readonly data: Readonly<Record<string, string>>;
  readonly settings: TrainingSettings;
  /** Statistics that it has to have beside it. */
  readonly stats: readonly string[];
}

/**
 * Looks through all versions of the name, the newest first, for a specialist of the same settings, backbone and data.
 * Settings that a later version of the software added count with their defaults.
 */
export async function findSpecialist(store: ArtifactStore, wanted: WantedSpecialist): Promise<StoredArtifact | null> {
  const history = await store.history(wanted.kind, wanted.name).catch((error: unknown) => {
    if (error instanceof ArtifactNotFoundError) return null;
    throw error;
  });
  for (const { digest } of [...(history?.versions ?? [])].reverse()) {
    const artifact = await store.get(digest).catch((error: unknown) => {
      if (error instanceof AppError) return null; // a damaged manifest: an older version may do, else it is trained again
      throw error;
    });
    if (artifact && agrees(artifact, wanted)) return artifact;
  }
  return null;
}

function agrees({ manifest }: StoredArtifact, { backbone, data, settings, stats }: WantedSpecialist): boolean {
  const config = manifest.config as {
    readonly dataset?: { readonly digest?: string };
    readonly datasets?: Readonly<Record<string, { readonly digest?: string }>>;
    readonly settings?: unknown;
  };
  const sameData = Object.entries(data).every(
    ([task, digest]) => (config.datasets?.[task] ?? config.dataset)?.digest === digest,
  );
  const tasks = manifest.tasks.map(({ name }) => name).sort();
  const sameTasks = tasks.join() === Object.keys(data).sort().join();
  const hasStats = stats.length === 0 || Object.keys(manifest.files).some((file) => file === 'statistics.safetensors');
  return manifest.backbone === backbone && sameData && sameTasks && hasStats && sameSettings(config.settings, settings);
}

function sameSettings(stored: unknown, wanted: TrainingSettings): boolean {
  try {
    const text = (settings: unknown) => new TextDecoder().decode(canonicalJson(settings, 'settings'));
    return text(parseTrainingSettings(stored)) === text(wanted);
  } catch {
    return false; // settings of a version that this one does not understand
  }
}
