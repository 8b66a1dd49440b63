import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { InvalidValueError, MemberEditError, NotMergedError } from '@medlego/errors';
import { temporaryFolder } from '@medlego/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TunedRecord } from '../generalist/recipe-document.ts';
import { mergeSpecialists, type MergeSpecialistsOptions } from '../merge-specialists.ts';
import { replaceHeads } from '../refit/replace-heads.ts';
import { tinyBackbone, tinyHead } from '../testing/tiny-members.ts';
import { storeTinySpecialists } from '../testing/tiny-store.ts';
import { editGeneralist, type EditGeneralistOptions } from './edit-generalist.ts';

const backbone = tinyBackbone();
let store: ArtifactStore;
beforeEach(async () => {
  store = await storeTinySpecialists(temporaryFolder(), ['blood', 'breast', 'skin']);
});

const tuned: TunedRecord = {
  split: 'val',
  metric: 'acc',
  objective: 'mean',
  budget: { candidates: 5 },
  candidates: 5,
  seed: 0,
  tasks: ['blood', 'breast'],
};
const merge = async (
  refs: readonly string[],
  { weights = {}, ...more }: Partial<MergeSpecialistsOptions> & { weights?: Record<string, number> } = {},
): Promise<StoredArtifact> => {
  const members = refs.map((ref) => ({ ref, weight: weights[ref] }));
  const recipe = { method: 'med-lego', params: { lambda: 1.5, balance: 'norm' } };
  return (await mergeSpecialists({ store, backbone, members, recipe, name: 'merged', ...more })).artifact;
};
const edit = (generalist: StoredArtifact, changes: Partial<EditGeneralistOptions>) =>
  editGeneralist({ store, backbone, generalist, name: 'edited', ...changes });

describe('editGeneralist', () => {
  it('removing a task equals never having merged it, and adding it equals merging all at once', async () => {
    const [all, two] = [await merge(['blood', 'breast', 'skin']), await merge(['skin', 'blood'])];
    expect(all.digest).not.toBe(two.digest);
    expect((await edit(all, { remove: ['breast'] })).artifact.digest).toBe(two.digest);
    expect((await edit(two, { add: ['breast'] })).artifact.digest).toBe(all.digest);
  });

  it('keeps the weights of the others, and of a swap takes the new specialist', async () => {
    const weighted = await merge(['blood', 'breast', 'skin'], { weights: { blood: 0.5, skin: -1 } });
    const expected = await merge(['blood', 'skin'], { weights: { blood: 0.5, skin: 2 } });
    const edited = await edit(weighted, { remove: ['breast'], weights: { skin: 2 } });
    expect(edited.artifact.digest).toBe(expected.digest);
    const swapped = await edit(weighted, { remove: ['breast'], add: ['breast'] });
    expect(swapped.artifact.digest).toBe(weighted.digest);
  });

  it.each(['average', 'med-lego'])('holds the law for %s in every space', async (method) => {
    for (const space of ['core', 'full']) {
      const recipe = { method, space };
      const all = await merge(['blood', 'breast', 'skin'], { recipe });
      const two = await merge(['blood', 'breast'], { recipe });
      expect((await edit(all, { remove: ['skin'] })).artifact.digest, space).toBe(two.digest);
    }
  });

  it('says what changed per task: energy and weight before and after', async () => {
    const { changes } = await edit(await merge(['blood', 'breast']), {
      add: ['skin'],
      remove: ['blood'],
      weights: { breast: 2 },
    });
    expect(changes.map(({ task, change }) => [task, change])).toEqual([
      ['blood', 'removed'],
      ['breast', 'kept'],
      ['skin', 'added'],
    ]);
    const [blood, breast, skin] = changes;
    expect(blood).toMatchObject({ energyAfter: null, weightAfter: null });
    expect(breast).toMatchObject({ weightBefore: 1, weightAfter: 2 });
    expect(breast!.energyAfter).not.toBe(breast!.energyBefore);
    expect(skin).toMatchObject({ energyBefore: null, weightAfter: 1 });
    expect(skin!.energyAfter).toBeGreaterThan(0);
  });

  it('keeps tuned parameters and says for whom they were tuned', async () => {
    const before = await merge(['blood', 'breast'], { tuned });
    const { artifact, notes } = await edit(before, { add: ['skin'] });
    expect(notes.join(' ')).toContain('tuned for blood, breast');
    expect(artifact.digest).toBe((await merge(['blood', 'breast', 'skin'], { tuned })).digest);
  });

  it('goes back to the specialists’ heads where some were re-fitted on the old merge, and says so', async () => {
    const merged = await merge(['blood', 'breast', 'skin']);
    const heads = { blood: { head: tinyHead(3, 5), l2: 0.1, images: 36 } };
    const refitted = await replaceHeads({ store, backbone, generalist: merged, heads, name: 'refitted' });
    const { artifact, notes } = await edit(refitted, { remove: ['skin'] });
    expect(notes.join(' ')).toContain('blood');
    expect(artifact.digest).toBe((await merge(['blood', 'breast'])).digest);
  });

  it('refuses what cannot be edited, naming task and members, and stores nothing', async () => {
    const merged = await merge(['blood', 'breast']);
    const cases = [
      [{ remove: ['lung'] }, 'lung is not a member'],
      [{ add: ['blood'] }, 'blood is a member already'],
      [{ remove: ['blood', 'breast'] }, 'the last member'],
      [{ add: ['skin', 'skin'] }, 'named twice'],
      [{ weights: { skin: 2 } }, 'skin is not a member'],
    ] as const;
    for (const [changes, message] of cases) {
      await expect(edit(merged, changes), message).rejects.toThrow(MemberEditError);
      await expect(edit(merged, changes)).rejects.toThrow(message);
    }
    await expect(edit(merged, {})).rejects.toThrow(InvalidValueError);
    await expect(store.get('edited')).rejects.toMatchObject({ code: 'artifact_not_found' });
  });

  it('refuses a model that was trained on all tasks, since it has no recipe over specialists', async () => {
    const merged = await merge(['blood', 'breast']);
    const joint: StoredArtifact = {
      ...merged,
      manifest: { ...merged.manifest, config: { ...merged.manifest.config, recipe: { method: 'joint' } } },
    };
    await expect(edit(joint, { remove: ['blood'] })).rejects.toThrow(NotMergedError);
  });
});
