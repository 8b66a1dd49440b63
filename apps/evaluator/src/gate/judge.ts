import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { probeFileOf, readReport, type EvaluationDocument } from '@medlego/workflows/reports';
import { decideGate, type GatePolicy, type GateTask, type GateVerdict } from './decide-gate.ts';

/** What a generalist's figures have to be held against: its members, and the probes that these brought along. */
export function gateTasks({ manifest }: Pick<StoredArtifact, 'manifest'>): GateTask[] {
  const hasMembers = manifest.parents.some(({ role }) => role === 'member');
  return manifest.tasks.map(({ name }) => ({
    name,
    against: [
      ...(hasMembers ? (['specialist'] as const) : []),
      ...(manifest.files[probeFileOf(name)] ? (['probe'] as const) : []),
    ],
  }));
}

/** What the gate says of a generalist, by one of its reports. @throws errors of the store */
export async function judge(
  store: ArtifactStore,
  generalist: string,
  report: string,
  policy: GatePolicy,
): Promise<GateVerdict> {
  const artifact = await store.get(generalist, { kind: 'generalist' });
  const document = await readReport(store, await store.get(report, { kind: 'report' }));
  return decideGate(document as EvaluationDocument, gateTasks(artifact), policy);
}
