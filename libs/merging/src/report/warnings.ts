import { type MemberSet } from '../members.ts';
import { type MergeWarning, type TotalsReport } from './merge-report.ts';

/** A task that keeps less than this share of its energy is as good as deleted by the cut. */
const nearlyLost = 0.1;

/** What a user should know before they trust the result. None of it stops a merge. */
export function mergeWarnings(
  { members, names, weights, modules }: MemberSet,
  norms: readonly number[],
  totals: TotalsReport,
): MergeWarning[] {
  const warnings: MergeWarning[] = [];
  if (totals.norm === 0)
    warnings.push({ code: 'zero_result', message: 'The merged update is zero: the generalist is the plain backbone.' });
  names.forEach((member, index) => {
    if (norms[index] === 0)
      warnings.push({
        code: 'zero_member',
        member,
        message: `The update of ${member} is zero: its specialist is the plain backbone.`,
      });
    if (weights[index] === 0)
      warnings.push({ code: 'zero_weight', member, message: `${member} has weight 0 and adds nothing to the result.` });
    const missing = modules.filter(({ updates }) => updates[index] === undefined).map(({ module }) => module);
    if (missing.length > 0)
      warnings.push({
        code: 'module_missing',
        member,
        modules: missing,
        message: `${member} does not adapt ${missing.length} of ${modules.length} modules; its update counts as zero there.`,
      });
    const kept = totals.perTask[member];
    if (members.length > 1 && weights[index] !== 0 && totals.norm > 0 && typeof kept === 'number' && kept < nearlyLost)
      warnings.push({
        code: 'task_nearly_lost',
        member,
        message:
          `The cut keeps ${(100 * kept).toFixed(1)} % of the energy of ${member}. ` +
          'A larger threshold, or balance "norm", keeps more.',
      });
  });
  return warnings;
}
