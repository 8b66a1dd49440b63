import { openArtifactStore } from '@medlego/artifacts';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { keepEvaluation, readEvaluation } from './keep-evaluation.ts';

describe('keepEvaluation', () => {
  it('gives back the newest evaluation of the very artifact that it is about', async () => {
    let clock = 0;
    const store = await openArtifactStore({ root: temporaryFolder(), now: () => ++clock * 1000 });
    const subject = (text: string) =>
      store.put({
        kind: 'dataset',
        files: { 'a.txt': new TextEncoder().encode(text) },
        creator: { name: 'spec', version: '1' },
      });
    const [mine, other] = [await subject('mine'), await subject('other')];
    expect(await readEvaluation(store, mine)).toBeNull();
    const first = await keepEvaluation(store, mine, { split: 'val' });
    await keepEvaluation(store, mine, { split: 'test' });
    await keepEvaluation(store, other, { split: 'train' });
    expect(await readEvaluation(store, mine)).toEqual({ split: 'test' });
    expect((await keepEvaluation(store, mine, { split: 'val' })).digest).toBe(first.digest);
  });
});
