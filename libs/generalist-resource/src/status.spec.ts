import { describe, expect, it } from 'vitest';
import type { GeneralistResource } from './resource.ts';
import { isSameStatus, statusOf, type GeneralistState } from './status.ts';

const resource: GeneralistResource = {
  metadata: { name: 'chest', generation: 2 },
  spec: { tasks: ['a', 'b'], recipe: { method: 'med-lego' }, promote: 'Automatic' },
};
const state: GeneralistState = { version: 3, artifact: 'sha256:03', serving: 2, decision: null, accuracy: 0.9126 };
const noon = new Date('2026-01-01T12:00:00Z');
const later = new Date('2026-01-01T13:00:00Z');
const condition = (status: ReturnType<typeof statusOf>, type: string) =>
  status.conditions!.find((candidate) => candidate.type === type)!;

describe('the status of a Generalist', () => {
  it('shows version, gate and accuracy', () => {
    expect(statusOf(resource, state, undefined, noon)).toMatchObject({
      observedGeneration: 2,
      version: 3,
      artifact: 'sha256:03',
      serving: 2,
      gate: 'Pending',
      accuracy: '0.913',
    });
  });

  it('is ready while something is served, and says that the newest version was refused', () => {
    const refused = { ...state, decision: { outcome: 'refused', reason: 'blood lost 4 points' } } as const;
    const status = statusOf(resource, refused, undefined, noon);
    expect(status.gate).toBe('Refused');
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True', reason: 'Serving' });
    expect(condition(status, 'Ready').message).toBe('Version 2 is served; version 3 was refused: blood lost 4 points');
    expect(condition(statusOf(resource, { ...refused, serving: null }, undefined, noon), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'Refused',
    });
  });

  it('says what it waits for, and what is wrong with the declaration', () => {
    const none: GeneralistState = { version: null, artifact: null, serving: null, decision: null, accuracy: null };
    const status = statusOf(resource, none, { code: 'invalid_value', message: 'recipe.method: expected ...' }, noon);
    expect(status).not.toHaveProperty('version');
    expect(status.conditions!.map(({ type, status: value, reason }) => [type, value, reason])).toEqual([
      ['Accepted', 'False', 'InvalidValue'],
      ['Merged', 'False', 'WaitsForSpecialists'],
      ['Ready', 'False', 'WaitsForSpecialists'],
    ]);
    const waits = statusOf(resource, { ...state, serving: null }, undefined, noon);
    expect(condition(waits, 'Ready').reason).toBe('WaitsForPromotion');
  });

  it('keeps the time of a condition while its status stays, and is the same when nothing changed', () => {
    const first = statusOf(resource, state, undefined, noon);
    const kept = JSON.parse(JSON.stringify(first)) as typeof first; // as the server gives it back
    const again = statusOf({ ...resource, status: kept }, state, undefined, later);
    expect(isSameStatus(kept, again)).toBe(true);
    const changed = statusOf({ ...resource, status: kept }, { ...state, serving: null }, undefined, later);
    expect(isSameStatus(kept, changed)).toBe(false);
    expect(condition(changed, 'Ready').lastTransitionTime).toEqual(later);
    expect(new Date(condition(changed, 'Merged').lastTransitionTime)).toEqual(noon);
  });
});
