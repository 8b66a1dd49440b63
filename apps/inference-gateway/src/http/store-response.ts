import type { InstanceOutcome } from './stow-routes.ts';

/** Source: DICOM PS3.18, I.2. */
const cannotUnderstand = 0xc000;

/** Outcomes as STOW-RS tells them, in the DICOM JSON model: what was taken, and what failed. */
export function storeResponse(outcomes: readonly InstanceOutcome[]): string {
  const reference = ({ sopClass, sopInstance }: InstanceOutcome) => ({
    '00081150': { vr: 'UI', Value: [sopClass ?? ''] },
    '00081155': { vr: 'UI', Value: [sopInstance ?? ''] },
  });
  const sequence = (tag: string, items: readonly object[]) =>
    items.length > 0 ? { [tag]: { vr: 'SQ', Value: items } } : {};
  return JSON.stringify({
    ...sequence('00081199', outcomes.filter(({ error }) => error === null).map(reference)),
    ...sequence(
      '00081198',
      outcomes
        .filter(({ error }) => error !== null)
        .map((outcome) => ({ ...reference(outcome), '00081197': { vr: 'US', Value: [cannotUnderstand] } })),
    ),
  });
}
