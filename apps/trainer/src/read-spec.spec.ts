import type { Run } from '@medlego/contracts/rpc';
import { describe, expect, it } from 'vitest';
import { readSpec } from './read-spec.ts';

const runOf = (spec: unknown) =>
  ({ id: 'training-1', name: 'blood', specJson: typeof spec === 'string' ? spec : JSON.stringify(spec) }) as Run;
const digest = `sha256:${'a'.repeat(64)}`;

describe('readSpec', () => {
  it('takes what was pinned at submission, and remembers what the backbone was called', () => {
    const spec = { dataset: 'blood', backbone: 'backbone/vit-nano@2', seed: 3, settings: { lr: '1e-3' } };
    const pinned = { dataset: digest, backbone: digest.replaceAll('a', 'b') };
    expect(readSpec(runOf({ ...spec, pinned }))).toEqual({
      ...spec,
      ...pinned,
      backboneName: 'vit-nano',
      name: 'blood',
    });
    expect(readSpec(runOf({ dataset: 'blood', backbone: digest }))).toEqual({
      dataset: 'blood',
      backbone: digest,
      backboneName: undefined,
      seed: 0,
      settings: {},
      name: 'blood',
    });
  });

  it.each([
    ['not json', 'training-1.spec: expected JSON'],
    [{ backbone: 'tiny' }, 'training-1.spec.dataset: expected'],
    [{ dataset: 'blood', backbone: '' }, 'training-1.spec.backbone: expected'],
    [{ dataset: 'blood', backbone: 'tiny', settings: { lr: 1 } }, 'training-1.spec.settings.lr: expected'],
  ])('refuses %j', (spec, message) => {
    expect(() => readSpec(runOf(spec))).toThrow(message);
  });
});
