import { join } from 'node:path';
import { openArtifactStore } from '@medlego/artifacts';
import { parsePreprocessSpec } from '@medlego/data';
import { openEngine, type Engine } from '@medlego/engine';
import { workspaceRoot } from '@medlego/testing';
import { digestTensors } from '@medlego/tensors';
import { initParams, parseVitConfig } from '@medlego/vit';
import type { NamedBackbone } from '@medlego/workflows';
import { parseConfig } from '../config/read-config.ts';
import type { CurvesConfig, TableConfig } from '../config/config-schema.ts';
import type { RunContext } from '../run/run-context.ts';

/** A transformer of 8 x 8 pixels with random weights. For specs. */
export function tinyBackbone(): NamedBackbone {
  const config = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 16, depth: 2, numHeads: 2, mlpRatio: 2 });
  const params = initParams(config, 7);
  return {
    name: 'tiny',
    config,
    params,
    digest: digestTensors(params),
    preprocess: parsePreprocessSpec({ imgSize: 8 }),
  };
}

export const sampleData: string = join(workspaceRoot(), 'data');

const common = {
  setting: 'mirror',
  title: 'Tiny',
  backbone: 'tiny',
  folder: sampleData,
  seeds: [0, 1],
  bootstrap: 50,
  sorts: {
    paper: {
      title: 'as the paper',
      trainedAs: 'paper',
      settings: { epochs: 1, batchSize: 16, headInit: 'random', learningRate: 0.01, initStd: 'unit' },
    },
    mergeable: {
      title: 'anchored',
      trainedAs: 'mergeable',
      settings: { epochs: 1, batchSize: 16, trainHead: false, learningRate: 0.01, initStd: 'unit', selectBy: 'last' },
    },
  },
};

/** Two tasks, two seeds, two sorts. */
export const tinyTable = (change: Record<string, unknown> = {}): TableConfig =>
  parseConfig(
    {
      table: 'table1',
      ...common,
      tasks: ['busibreast', { name: 'pbcblood', title: 'Blood' }],
      rows: [
        { row: 'Med-LEGO', method: 'med-lego', sorts: ['paper', 'mergeable'], refit: true },
        { row: 'Average', method: 'average', sorts: ['paper'] },
      ],
      figures: { sorts: ['paper'], ranks: [1, 4], thresholds: [0.5, 1], interference: true },
      ...change,
    },
    'tiny',
  ) as TableConfig;

export const tinyCurves = (change: Record<string, unknown> = {}): CurvesConfig =>
  parseConfig(
    {
      table: 'fig2',
      ...common,
      newTasks: ['oaiknee'],
      groups: { one: ['busibreast', 'pbcblood'] },
      starts: [{ start: 'Plain backbone' }, { start: 'Merge', group: 'one', sort: 'paper', method: 'med-lego' }],
      training: { epochs: 2, batchSize: 16, headInit: 'random', learningRate: 0.01, initStd: 'unit' },
      ...change,
    },
    'tiny',
  ) as CurvesConfig;

export const tinyEngine = (): Promise<Engine> => openEngine({ intraOpThreads: 1 });

/** A run in a folder: its store and its scratch. */
export async function tinyContext(engine: Engine, folder: string, more: Partial<RunContext> = {}): Promise<RunContext> {
  return {
    engine,
    store: await openArtifactStore({ root: join(folder, 'store') }),
    backbone: tinyBackbone(),
    scratch: join(folder, 'scratch'),
    ...more,
  };
}
