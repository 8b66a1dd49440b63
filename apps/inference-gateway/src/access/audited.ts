import type { ModelHost } from '../models/model-host.ts';
import type { InferAnswer } from '../inputs/infer.ts';

/** What a request that is under way leaves for the audit log. */
export interface Audited {
  model: string | null;
  version: string | null;
  rows: number | null;
}

export const newAudited = (): Audited => ({ model: null, version: null, rows: null });

/** To be called by whatever answers a prediction. */
export function noteAnswer(audited: Audited, { version, outputs }: InferAnswer): void {
  audited.version = version.artifact.digest;
  audited.rows = outputs[0]?.shape[0] ?? 0;
}

/** The name if it is one that is served: other text in a request can be anything. */
export const servedName = (host: ModelHost, name: string | undefined): string | null =>
  name !== undefined && host.slots.has(name) ? name : null;
