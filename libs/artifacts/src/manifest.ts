import type { Task } from '@medlego/tasks';
import type { Digest } from '@medlego/tensors';

export const artifactKinds = ['backbone', 'dataset', 'specialist', 'generalist', 'report'] as const;
export type ArtifactKind = (typeof artifactKinds)[number];

/** Version of the manifest's form. A reader refuses a higher number and keeps fields that it does not know. */
export const manifestSchema = 'medlego.artifact/1';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface FileEntry {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface Parent {
  readonly digest: Digest;
  /** What the parent is to this artifact: `backbone`, `dataset`, `member`, `subject`, `base`. */
  readonly role: string;
}

/**
 * What an artifact is. Its canonical JSON (RFC 8785) is stored, and the SHA-256 of that is the artifact's id, so nothing in
 * here may depend on the time, the machine or the speed of a run: the same work done twice has to give the same id.
 */
export interface Manifest {
  readonly schema: typeof manifestSchema;
  readonly kind: ArtifactKind;
  /** Digest of the backbone's tensors (`digestTensors`), and not of its artifact; null where there is no backbone. */
  readonly backbone: Digest | null;
  /** One for a specialist or data set, one per member for a generalist, in the order of its outputs; else none. */
  readonly tasks: readonly Task[];
  /** By path within the artifact, with `/` between folders. */
  readonly files: Readonly<Record<string, FileEntry>>;
  /** How it was made: settings, seeds, recipe, preprocessing. */
  readonly config: Readonly<Record<string, Json>>;
  readonly metrics: Readonly<Record<string, Json>>;
  readonly parents: readonly Parent[];
  /** Sorted, each once: everything that applies to it, the parents' included. */
  readonly licences: readonly string[];
  /** True if any of the licences forbids commercial use. */
  readonly nonCommercial: boolean;
  readonly creator: { readonly name: string; readonly version: string };
}

/** Bytes, or a file that is read when the artifact is stored. */
export type FileSource = Uint8Array | { readonly path: string };

/** What `put` turns into a manifest. */
export interface ArtifactDraft {
  readonly kind: ArtifactKind;
  readonly backbone?: Digest | null;
  readonly tasks?: readonly Task[];
  readonly files: Readonly<Record<string, FileSource>>;
  readonly config?: Readonly<Record<string, Json>>;
  readonly metrics?: Readonly<Record<string, Json>>;
  readonly parents?: readonly Parent[];
  readonly licences?: readonly string[];
  readonly nonCommercial?: boolean;
  readonly creator: { readonly name: string; readonly version: string };
}
