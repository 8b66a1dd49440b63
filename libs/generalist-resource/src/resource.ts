import type { V1Condition, V1ObjectMeta } from '@kubernetes/client-node';

export const group = 'medlego.dev';
export const version = 'v1alpha1';
export const plural = 'generalists';

/** What somebody declares: a generalist that follows the newest specialists of some tasks. */
export interface GeneralistSpec {
  readonly tasks: readonly string[];
  readonly recipe: {
    readonly method: string;
    /** The method's parameters; its own schema checks them. */
    readonly params?: Readonly<Record<string, unknown>>;
    readonly space?: 'full' | 'core';
  };
  /** Automatic: a version that passes the gate is served. Manual: it waits for somebody to promote it. */
  readonly promote: 'Automatic' | 'Manual';
}

export interface GeneralistStatus {
  readonly observedGeneration?: number;
  /** The newest version; absent for none. */
  readonly version?: number;
  /** Its digest. */
  readonly artifact?: string;
  /** The version that is served. */
  readonly serving?: number;
  /** What the gate said of the newest version. */
  readonly gate?: 'Pending' | 'Passed' | 'Refused';
  /** Mean accuracy over its tasks, such as `0.913`. */
  readonly accuracy?: string;
  readonly conditions?: readonly V1Condition[];
}

/** The custom resource; its definition is in the chart. The name of the object is the name of the generalist. */
export interface GeneralistResource {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: V1ObjectMeta;
  readonly spec: GeneralistSpec;
  readonly status?: GeneralistStatus;
}
