import { openEngine, type Engine } from '@medlego/engine';
import { InvalidValueError, UnknownKeyError } from '@medlego/errors';
import { findMethod, mergeMethods, prepareMerge } from '@medlego/merging';
import { temporaryFolder } from '@medlego/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCandidateScorer } from '../candidates/candidate-scorer.ts';
import { parseRecipe } from '../generalist/recipe-document.ts';
import { mergeSpecialists } from '../merge-specialists.ts';
import { noiseImages, randomUpdates, tinyBackbone, tinyHead } from '../testing/tiny-members.ts';
import { storeTinySpecialists, tinyData, tinyTask } from '../testing/tiny-store.ts';
import { coordinateSearch, type Point } from './coordinate-search.ts';
import { pairedGain } from './paired-gain.ts';
import { defaultSpace, parseSearch, type Dimension } from './search-space.ts';
import { tuneRecipe, type TuneRecipeOptions } from './tune-recipe.ts';
import { tuneSpecialists } from './tune-specialists.ts';

const medLego = findMethod('med-lego');

describe('coordinateSearch', () => {
  const dimensions: Dimension[] = [
    { name: 'x', kind: 'number', low: 0.01, high: 100, scale: 'log', isInteger: false },
    { name: 'k', kind: 'number', low: 1, high: 40, scale: 'linear', isInteger: true },
    { name: 'mode', kind: 'choice', values: ['a', 'b'] },
  ];
  const valley = (point: Point): number =>
    Math.log(Number(point['x']) / 7) ** 2 + ((Number(point['k']) - 23) / 10) ** 2 + (point['mode'] === 'b' ? 0 : 1);
  const search = async (budget: number, seed = 0) => {
    const asked: Point[] = [];
    const { point, result } = await coordinateSearch({
      dimensions,
      start: { x: 1, k: 3, mode: 'a' },
      measure: async (at) => (asked.push(at), valley(at)),
      isBetter: (a, b) => a < b,
      mayGoOn: (measured) => measured < budget,
      seed,
    });
    return { point, result, asked };
  };

  it('finds the bottom of a valley over a logarithm, a whole number and a choice', async () => {
    const { point } = await search(200);
    expect(point['mode']).toBe('b');
    expect(Number(point['k'])).toBe(23);
    expect(Math.abs(Math.log(Number(point['x']) / 7))).toBeLessThan(0.1);
  });

  it('measures the start first, no point twice, nothing outside the ranges and no more than the budget', async () => {
    const { asked } = await search(30);
    expect(asked[0]).toEqual({ x: 1, k: 3, mode: 'a' });
    expect(asked.length).toBe(30);
    expect(new Set(asked.map((point) => JSON.stringify(Object.entries(point).sort()))).size).toBe(30);
    for (const { x, k } of asked) {
      expect(Number(x)).toBeGreaterThanOrEqual(0.01);
      expect(Number(x)).toBeLessThanOrEqual(100);
      expect(Number.isInteger(k)).toBe(true);
    }
  });

  it('goes the same way twice, never gets worse with more budget, and ends by itself', async () => {
    expect(await search(60, 3)).toEqual(await search(60, 3));
    expect((await search(60)).result).toBeLessThanOrEqual((await search(20)).result);
    expect((await search(100_000)).asked.length).toBeLessThan(300);
  });
});

describe('the space that is searched', () => {
  it('starts with λ, ends with v and leaves alone what is the same in other words', () => {
    const names = defaultSpace(medLego).map(({ name }) => name);
    expect(names[0]).toBe('lambda');
    expect(names.at(-1)).toBe('threshold');
    expect(names).not.toContain('normalize');
    expect(defaultSpace(medLego, { lambda: 1 }).map(({ name }) => name)).not.toContain('lambda');
  });

  it('exists for every method, with values that the method takes', () => {
    for (const method of mergeMethods)
      for (const dimension of defaultSpace(method)) {
        const { name, kind } = dimension;
        const values = kind === 'choice' ? dimension.values : [(dimension.low + dimension.high) / 2];
        for (const value of values) {
          const params = { [name]: kind === 'number' && dimension.isInteger ? Math.round(Number(value)) : value };
          expect(() => method.configure(params), `${method.id}.${name}`).not.toThrow();
        }
      }
  });

  it('is what a user writes', () => {
    const [lambda, balance, ...weights] = parseSearch(['lambda=0.2..3', 'balance=none,norm', 'weights=0..2'], medLego, [
      'a',
      'b',
    ]);
    expect(lambda).toMatchObject({ name: 'lambda', low: 0.2, high: 3, scale: 'log' });
    expect(balance).toMatchObject({ kind: 'choice', values: ['none', 'norm'] });
    expect(weights.map(({ name }) => name)).toEqual(['weights.a', 'weights.b']);
    expect(parseSearch(['weights.b=-1..1'], medLego, ['a', 'b'])).toMatchObject([{ low: -1, scale: 'linear' }]);
  });

  it('is refused where it is misspelt, upside down, outside the range or double', () => {
    const parse =
      (...texts: string[]) =>
      () =>
        parseSearch(texts, medLego, ['blood']);
    expect(parse('lamda=0..1')).toThrow('Did you mean lambda?');
    expect(parse('weights.bloood=0..1')).toThrow(UnknownKeyError);
    for (const text of ['lambda=3..1', 'lambda=1', 'lambda=a..b', 'balance=size'])
      expect(parse(text), text).toThrow(InvalidValueError);
    expect(parse('lambda=1..2', 'lambda=1..3')).toThrow('every parameter once');
  });
});

describe('with an engine', () => {
  const backbone = tinyBackbone();
  const names = ['blood', 'breast'];
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ intraOpThreads: 1 });
  });
  afterAll(() => engine.dispose());

  /** A problem with a known answer: labels are what the merge with these parameters decides. */
  async function knownProblem(params: Record<string, unknown>, weights: Record<string, number> = {}) {
    const tasks = names.map((name, i) => ({
      name,
      kind: 'multi-class' as const,
      images: noiseImages(60, i),
      head: tinyHead(3, i),
    }));
    const scorer = createCandidateScorer({ engine, backbone, tasks });
    const prepared = prepareMerge(names.map((name, i) => ({ name, updates: randomUpdates(i + 1) })));
    const target = await scorer.scores(prepared.merge({ method: 'average', params }, weights).updates);
    const labels = Object.fromEntries(
      names.map((name) => {
        const { data } = target[name]!;
        const decided = Int32Array.from({ length: 60 }, (_, row) => {
          const scores = [0, 1, 2].map((c) => data[row * 3 + c]!);
          return scores.indexOf(Math.max(...scores));
        });
        return [name, { task: tinyTask(name), labels: decided }];
      }),
    );
    const options: TuneRecipeOptions = { prepared, scorer, labels, method: 'average' };
    return { options, target };
  }

  it('finds the λ that made the labels, and reports the gain over the start with its interval', async () => {
    const { options } = await knownProblem({ lambda: 4 });
    const search: Dimension[] = [{ name: 'lambda', kind: 'number', low: 0.1, high: 8, scale: 'log', isInteger: false }];
    const tuned = await tuneRecipe({ ...options, search, budget: { candidates: 25 } });
    expect(tuned.start.point).toEqual({ lambda: 1 });
    expect(tuned.best.objective).toBeGreaterThan(tuned.start.objective);
    expect(Math.abs(Math.log(Number(tuned.recipe.params['lambda']) / 4))).toBeLessThan(0.35);
    expect(tuned.gain.difference).toBeCloseTo(tuned.best.objective - tuned.start.objective, 10);
    expect(tuned.gain.interval![0]).toBeLessThanOrEqual(tuned.gain.difference);
    expect(tuned.gain.interval![1]).toBeGreaterThanOrEqual(tuned.gain.difference);
    expect(tuned.candidates.length).toBeLessThanOrEqual(25);
    expect(await tuneRecipe({ ...options, search, budget: { candidates: 25 } })).toEqual(tuned);
  });

  it('finds weights, by the loss too', async () => {
    const { options } = await knownProblem({}, { blood: 1, breast: -2 });
    const search = parseSearch(['weights=-3..3'], findMethod('average'), names);
    for (const metric of ['acc', 'loss', 'auc'] as const) {
      const tuned = await tuneRecipe({ ...options, search, metric, budget: { candidates: 40 } });
      expect(tuned.best.objective, metric).toBeGreaterThan(tuned.start.objective);
      expect(tuned.weights['breast'], metric).toBeLessThan(0);
    }
  });

  it('maximises the gain kept, and refuses where there is none to keep', async () => {
    const { options, target } = await knownProblem({ lambda: 4 });
    const probe = await options.scorer.scores({});
    const references = { probe, specialist: target };
    const shared = { ...options, objective: 'gain-kept', budget: { candidates: 12 } } as const;
    const tuned = await tuneRecipe({ ...shared, references });
    expect(tuned.best.objective).toBeGreaterThan(tuned.start.objective);
    expect(tuned.best.objective).toBeLessThanOrEqual(1 + 1e-9);
    await expect(tuneRecipe({ ...shared, references: { probe: target, specialist: probe } })).rejects.toThrow(
      'no gain',
    );
    await expect(tuneRecipe(shared)).rejects.toThrow(InvalidValueError);
    await expect(tuneRecipe({ ...shared, references, metric: 'loss' })).rejects.toThrow(InvalidValueError);
  });

  it('stops on request and when the time is over, with the best so far', async () => {
    const { options } = await knownProblem({ lambda: 2 });
    const controller = new AbortController();
    const stopped = await tuneRecipe({
      ...options,
      signal: controller.signal,
      onCandidate: ({ index }) => index === 3 && controller.abort(),
    });
    expect(stopped).toMatchObject({ endedBy: 'signal', candidates: { length: 4 } });
    const timed = await tuneRecipe({ ...options, budget: { seconds: 1e-6 } });
    expect(timed).toMatchObject({ endedBy: 'seconds', candidates: { length: 1 } });
  });

  it('passes over parameters that exclude each other', async () => {
    const { options } = await knownProblem({ lambda: 2 });
    const breadcrumbs = { ...options, method: 'breadcrumbs', budget: { candidates: 20 } };
    const search = parseSearch(['density=0.5..1'], findMethod('breadcrumbs'), names);
    const { candidates, recipe } = await tuneRecipe({ ...breadcrumbs, search, params: { gamma: 0.3 } });
    expect(candidates.length).toBeGreaterThan(1);
    for (const { point, index } of candidates) if (index > 0) expect(Number(point['density'])).toBeLessThanOrEqual(0.7);
    expect(recipe.params['gamma']).toBe(0.3);
  });

  it('compares a model with itself as no gain at all', async () => {
    const { options, target } = await knownProblem({ lambda: 2 });
    const same = pairedGain(options.labels, target, target, { metric: 'acc', seed: 0, resamples: 50 });
    expect(same).toMatchObject({ difference: 0, interval: [0, 0] });
  });

  it('tunes every method that needs no statistics', { timeout: 60_000 }, async () => {
    const { options } = await knownProblem({ lambda: 2 });
    for (const { id, needs } of mergeMethods) {
      if (needs.length > 0) continue;
      const tuned = await tuneRecipe({ ...options, method: id, budget: { candidates: 4 } });
      expect(tuned.best.objective, id).toBeGreaterThanOrEqual(tuned.start.objective);
    }
  });

  it('writes a recipe that merges to the same generalist, by whatever way it is read', async () => {
    const store = await storeTinySpecialists(temporaryFolder(), ['skin', ...names]);
    const { document, best } = await tuneSpecialists({
      engine,
      store,
      backbone,
      members: [{ ref: 'blood' }, { ref: 'skin' }],
      split: 'val',
      method: 'med-lego',
      metric: 'auc',
      objective: 'mean',
      searchFor: (tasks) => parseSearch(['lambda', 'weights=0..2'], medLego, tasks),
      dataFor: async ({ task }) => tinyData(task.name),
      budget: { candidates: 8 },
    });
    expect(best.objective).toBeGreaterThan(0);
    const again = parseRecipe(JSON.parse(JSON.stringify(document)), 'recipe.yaml');
    expect(again).toEqual(document);
    const merge = ({ members, tuned, ...recipe }: typeof document, name: string) =>
      mergeSpecialists({ store, backbone, members, recipe, tuned, name });
    const first = await merge(document, 'one');
    const second = await merge({ ...again, tuned: document.tuned, members: again.members.toReversed() }, 'two');
    expect(second.artifact.digest).toBe(first.artifact.digest);
    expect(first.artifact.manifest.config['tuned']).toMatchObject({ split: 'val', metric: 'auc', candidates: 8 });
  });
});
