import type { ArtifactStore } from '@medlego/artifacts';
import { ArtifactNotFoundError, InvalidValueError } from '@medlego/errors';
import { findEvaluation, readReport } from '@medlego/workflows/reports';

const maxRefs = 64;

/**
 * Reports side by side: `{ reports: [{ ref, report, artifact, split, tasks, mean, ... }] }`, in the order of the references. An artifact
 * stands for its newest report.
 * @throws InvalidValueError, ArtifactNotFoundError naming the reference
 */
export async function compareReports(store: ArtifactStore, refs: readonly string[]): Promise<string> {
  if (refs.length === 0 || refs.length > maxRefs)
    throw new InvalidValueError({ field: 'refs', expected: `1 to ${maxRefs} references`, actual: refs.length });
  const reports: Record<string, unknown>[] = [];
  for (const ref of refs) {
    const found = await store.get(ref, { kind: ['report', 'specialist', 'generalist'] });
    const { report, document } =
      found.manifest.kind === 'report'
        ? { report: found, document: await readReport(store, found) }
        : ((await findEvaluation(store, found)) ?? { report: null, document: null });
    if (!report) throw new ArtifactNotFoundError({ ref, wanted: 'report', known: [] });
    reports.push({ ref, report: report.digest, ...(document as Record<string, unknown>) });
  }
  return JSON.stringify({ reports });
}
