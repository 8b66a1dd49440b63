import { describe, expect, it } from 'vitest';
import type { LineageItem } from './api/types.ts';
import { duration, intervalText, milliseconds, moment, percent, shortDigest } from './format.ts';
import { gateSentence } from './gate-words.ts';
import { emptyCurve, rateBetween, withPoint } from './history.ts';
import { placeLineage } from './lineage-layers.ts';
import { channelsFirst } from './private/channels-first.ts';
import { ranked, toProbabilities } from './probabilities.ts';
import { modelPages, parseRoute, toHash } from './route.ts';

describe('route', () => {
  it('reads back every address that it writes, odd names included', () => {
    for (const model of ['screening', 'a b', 'ä/ö', '100 %'])
      for (const page of modelPages) expect(parseRoute(toHash({ page, model }))).toEqual({ page, model });
    for (const page of ['runs', 'traffic', 'home'] as const) expect(parseRoute(toHash({ page }))).toEqual({ page });
  });
  it('shows the overview or home for what it does not know, and survives broken escapes', () => {
    expect(parseRoute('#/models/x/nothing')).toEqual({ page: 'overview', model: 'x' });
    expect(parseRoute('#/%E0%A4%A/x')).toEqual({ page: 'home' });
    expect(parseRoute('')).toEqual({ page: 'home' });
  });
});

describe('format', () => {
  it('writes numbers for people, and a dash for none', () => {
    expect(percent(0.8123)).toBe('81.2 %');
    expect(percent(null)).toBe('–');
    expect(intervalText([0.79, 0.833])).toBe('79.0 to 83.3 %');
    expect([duration(5), duration(75), duration(3725), duration(null)]).toEqual([
      '5 s',
      '1 min 15 s',
      '1 h 2 min',
      'unknown',
    ]);
    expect([milliseconds(3.14), milliseconds(31.4)]).toEqual(['3.1 ms', '31 ms']);
    expect(moment('2026-11-24T18:35:26.000Z')).toBe('2026-11-24 18:35 UTC');
    expect(shortDigest(`sha256:${'ab'.repeat(32)}`)).toBe('abababababab');
  });
});

describe('gateSentence', () => {
  const versions = [2, 1].map((version) => ({ version, artifact: 'x', at: '', by: '' }));
  const decision = { version: 1, previous: null, reason: 'All tasks held.', by: 'evaluator', at: '' };
  it('says who decided, why, and what waits', () => {
    expect(gateSentence({ versions, serving: 1, decisions: [{ ...decision, outcome: 'promoted' }] })).toBe(
      'Version 1 was promoted by evaluator. Reason: All tasks held. Version 2 is newer and not yet decided.',
    );
    expect(gateSentence({ versions, serving: 1, decisions: [{ ...decision, version: 2, outcome: 'refused' }] })).toBe(
      'Version 2 was refused; version 1 goes on serving. Reason: All tasks held.',
    );
  });
  it('does not claim a gate where there was none', () => {
    expect(gateSentence({ versions, serving: null, decisions: [] })).toContain('no gate was applied');
  });
});

describe('placeLineage', () => {
  const node = (artifact: string, ...parents: string[]): LineageItem => ({
    artifact,
    kind: 'specialist',
    names: [],
    tasks: [],
    licences: [],
    nonCommercial: false,
    parents: parents.map((parent) => ({ artifact: parent, role: 'member' })),
  });
  it('puts what is shared to the right of everything that was made from it, once', () => {
    const placed = placeLineage([node('g', 'b', 's'), node('b'), node('s', 'b', 'd', 'missing'), node('d')]);
    expect(placed.map(({ item, column, row }) => [item.artifact, column, row])).toEqual([
      ['g', 0, 0],
      ['b', 2, 0],
      ['s', 1, 0],
      ['d', 2, 1],
    ]);
  });
});

describe('probabilities', () => {
  it('sums to one over classes, however large the logits, and takes labels one by one', () => {
    const values = toProbabilities('multi-class', [1000, 1001, 990]);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    expect(values[1]! / values[0]!).toBeCloseTo(Math.E, 9);
    expect(toProbabilities('multi-label, binary-class', [0, Math.log(3)])).toEqual([0.5, expect.closeTo(0.75, 12)]);
  });
  it('ranks the likeliest first', () => {
    expect(ranked({ a: 0.2, b: 0.5, c: 0.2 }).map(([label]) => label)).toEqual(['b', 'a', 'c']);
  });
});

describe('history', () => {
  it('grows by new points only, and forgets the oldest', () => {
    let curve = withPoint(emptyCurve, 1, 10, 2);
    expect(withPoint(curve, 1, 11, 2)).toBe(curve);
    for (const time of [2, 3]) curve = withPoint(curve, time, 10 * time, 2);
    expect(curve).toEqual({ times: [2, 3], values: [20, 30] });
  });
  it('has no negative rate when a server starts again', () => {
    expect(rateBetween(100, 130, 2)).toBe(15);
    expect(rateBetween(100, 3, 2)).toBe(0);
    expect(rateBetween(1, 2, 0)).toBe(0);
  });
});

describe('channelsFirst', () => {
  it('moves the channels of each pixel into planes', () => {
    const pixels = Float32Array.from({ length: 12 }, (_, index) => index);
    expect([...channelsFirst(pixels, 2)]).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
  });
});
