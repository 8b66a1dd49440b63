import type { ArtifactStore } from '@medlego/artifacts';
import type { Engine } from '@medlego/engine';
import type { NamedBackbone } from '@medlego/workflows';

/** What every part of a run needs. */
export interface RunContext {
  readonly engine: Engine;
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  /** Folder for checkpoints and cached scores. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  /** Things that a reader of the run should know: sentences. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** How far a phase is. */
export interface RunProgress {
  readonly phase: 'specialists' | 'rows' | 'figures' | 'curves' | 'statistics';
  readonly done: number;
  readonly total: number;
  /** A few words on what is being done. */
  readonly note: string;
}
