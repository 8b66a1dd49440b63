import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cloudEventType,
  decodeEventData,
  encodeEventData,
  events,
  eventTypes,
  maxEventBytes,
  parseSubject,
  subjectFilter,
  subjectOf,
} from './index.ts';

const digest = `sha256:${'0'.repeat(64)}`;

describe('events', () => {
  it('have types of their own: an entity and what happened to it', () => {
    expect(new Set(eventTypes).size).toBe(eventTypes.length);
    for (const { type, meaning } of events) {
      expect(type).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
      expect(meaning).toMatch(/[.]$/);
    }
  });

  it('have subjects that give their type and id back, whatever the id', () => {
    const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.constantFrom(...eventTypes), id, (type, about) => {
        const subject = subjectOf(type, about);
        expect(subject).toMatch(/^[\x21-\x7e]+$/);
        expect(subject.split('.')).toHaveLength(5);
        expect(subject).not.toMatch(/[*>]/);
        expect(parseSubject(subject)).toEqual({ type, id: about });
      }),
    );
    expect(subjectOf('specialist.published', 'chest.x-ray')).toBe('medlego.v1.specialist.chest%2Ex-ray.published');
    expect(subjectFilter('run.cancel-requested')).toBe('medlego.v1.run.*.cancel-requested');
    expect(cloudEventType('run.failed')).toBe('medlego.run.failed.v1');
    for (const strange of ['medlego.v1.run.x.exploded', 'other.v1.run.x.failed', 'medlego.v1.run.%zz.failed', ''])
      expect(parseSubject(strange)).toBeUndefined();
    expect(() => subjectOf('run.failed', '')).toThrow('event id');
  });

  it('drop fields that this version does not know, and refuse what does not fit, naming the field', () => {
    const data = { run: 'r1', kind: 'training', artifact: digest } as const;
    const newer = new TextEncoder().encode(JSON.stringify({ ...data, addedLater: 1 }));
    expect(decodeEventData('run.succeeded', newer)).toEqual(data);
    expect(() => encodeEventData('run.succeeded', { ...data, artifact: 'sha256:1' })).toThrow('run.succeeded.artifact');
    expect(() => decodeEventData('run.succeeded', new TextEncoder().encode('{"run":'))).toThrow('expected JSON');
    expect(() => decodeEventData('run.succeeded', Uint8Array.of(0xff))).toThrow('expected JSON');
    expect(() => decodeEventData('run.succeeded', new Uint8Array(maxEventBytes + 1))).toThrow('at most');
  });
});
