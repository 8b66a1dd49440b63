import {
  DuplicateMemberError,
  InvalidValueError,
  MemberBackboneError,
  NonFiniteError,
  ShapeMismatchError,
} from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { randomMember, randomUpdate } from '../tests/support.ts';
import { collectMembers } from './members.ts';

const a = randomMember('a', 1);
const b = randomMember('b', 2);
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

describe('collectMembers', () => {
  it('sorts members by name and modules by number', () => {
    const q = randomUpdate(1);
    const updates = { 'blocks.10.attn.q': q, 'blocks.2.attn.v': q, 'blocks.2.attn.q': q };
    const { names, modules, weights } = collectMembers([
      { name: 'b', updates, weight: -2 },
      { name: 'a', updates },
    ]);
    expect(names).toEqual(['a', 'b']);
    expect(weights).toEqual([1, -2]);
    expect(modules.map(({ module }) => module)).toEqual(['blocks.2.attn.q', 'blocks.2.attn.v', 'blocks.10.attn.q']);
  });

  it('leaves a hole where a member does not touch a module', () => {
    const partial = { name: 'c', updates: { 'blocks.0.attn.v': a.updates['blocks.0.attn.v']! } };
    const [q, v] = collectMembers([partial, a]).modules;
    expect(q!.updates).toEqual([a.updates['blocks.0.attn.q'], undefined]);
    expect(v!.updates.every((update) => update !== undefined)).toBe(true);
  });

  it('treats names of object internals as names', () => {
    const updates = Object.fromEntries([['__proto__', randomUpdate(1)]]);
    expect(collectMembers([{ name: 'toString', updates }]).modules.map(({ module }) => module)).toEqual(['__proto__']);
  });

  it('refuses no members, members without modules and names that are empty or doubled', () => {
    expect(() => collectMembers([])).toThrow(/members: expected at least one member, got 0/);
    expect(() => collectMembers([a, { name: 'b', updates: {} }])).toThrow(/b\.updates: expected at least one module/);
    expect(() => collectMembers([{ ...a, name: '' }])).toThrow(InvalidValueError);
    expect(() => collectMembers([a, b, a])).toThrow(DuplicateMemberError);
  });

  it.each([NaN, Infinity, -Infinity])('refuses weight %s', (weight) => {
    expect(() => collectMembers([{ ...a, weight }])).toThrow(/a\.weight: expected a finite number/);
  });

  it('refuses members of different backbones, and of another than the one at hand', () => {
    const [x, y] = [
      { ...a, backbone: digest('1') },
      { ...b, backbone: digest('2') },
    ];
    expect(() => collectMembers([x, y])).toThrow(MemberBackboneError);
    expect(() => collectMembers([x], digest('3'))).toThrow(/Member a: expected an adapter of backbone sha256:333/);
    expect(collectMembers([x, b]).backbone).toBe(digest('1'));
    expect(collectMembers([x, b], digest('1')).backbone).toBe(digest('1'));
  });

  it('refuses shapes that differ and names both members', () => {
    const other = randomMember('b', 2, { out: 13 });
    expect(() => collectMembers([a, other])).toThrow(ShapeMismatchError);
    expect(() => collectMembers([a, other])).toThrow(/b\.blocks\.0\.attn\.q \(beside a/);
  });

  it('refuses NaN in a factor and says whose', () => {
    const update = a.updates['blocks.0.attn.q']!;
    const e = Float32Array.of(1, NaN);
    expect(() => collectMembers([{ name: 'a', updates: { q: { ...update, e } } }])).toThrow(NonFiniteError);
    expect(() => collectMembers([{ name: 'a', updates: { q: { ...update, e } } }])).toThrow(/a\.q\.e/);
  });

  it('refuses rank 0', () => {
    const update = {
      ...randomUpdate(1),
      rank: 0,
      b: new Float32Array(0),
      e: new Float32Array(0),
      a: new Float32Array(0),
    };
    expect(() => collectMembers([{ name: 'a', updates: { q: update } }])).toThrow(
      /a\.q\.rank: expected a whole number/,
    );
  });
});
