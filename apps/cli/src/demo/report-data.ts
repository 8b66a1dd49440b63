import { machineFacts } from '../machine-facts.ts';
import type { EngineInfo } from '@medlego/engine';
import { holmAdjust, type Comparison } from '@medlego/metrics';
import { describeBackbone } from '@medlego/vit';
import type {
  EvaluatedArtifact,
  EvaluatedTask,
  MergedSpecialists,
  NamedBackbone,
  TrainedTask,
} from '@medlego/workflows';
import type { ReportComparison, ReportData, ReportRow, ReportTask } from '../report/report-data.ts';
import { reportSamples } from './samples.ts';
import type { SampleTask } from './sample-tasks.ts';

export interface DemoResults {
  readonly backbone: NamedBackbone;
  readonly engine: EngineInfo;
  readonly seed: number;
  readonly command: string;
  readonly tasks: readonly { readonly sample: SampleTask; readonly trained: TrainedTask; readonly seconds: number }[];
  readonly merged: MergedSpecialists;
  readonly evaluated: EvaluatedArtifact;
}

/** Puts the demo's results into the form that the HTML report shows. */
export async function demoReport(results: DemoResults): Promise<ReportData> {
  const { backbone, engine, seed, command, merged, evaluated, tasks } = results;
  const pairs = evaluated.tasks.map(pairedRows);
  const adjusted = holmAdjust(pairs.flat().flatMap(({ p }) => (p === null ? [] : [p])));
  let next = 0;
  const withHolm = pairs.map((list) =>
    list.map((pair) => ({ ...pair, pAdjusted: pair.p === null ? null : adjusted[next++]! })),
  );
  return {
    title: `${number(tasks.length)} specialists, one generalist`,
    subtitle:
      'Small adapters trained one by one on real medical images, merged without training and without data, and measured beside what each task had before.',
    generalist: {
      name: 'generalist',
      artifact: merged.artifact.digest,
      method: merged.report.method,
      parameters: merged.report.params as NonNullable<ReportData['generalist']['parameters']>,
      mergeMs: merged.ms,
    },
    backbone: {
      name: backbone.name,
      digest: backbone.digest,
      description: describeBackbone(backbone.config),
    },
    facts: [
      { label: 'Command', value: command },
      { label: 'Seed', value: String(seed) },
      { label: 'Engine', value: `${engine.engine} on ${engine.device}, ${engine.intraOpThreads} threads` },
      {
        label: 'Versions',
        value: Object.entries(engine.versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', '),
      },
      { label: 'Machine', value: machineFacts() },
      {
        label: 'Training',
        value: `${tasks.reduce((sum, task) => sum + task.seconds, 0).toFixed(0)} s for ${tasks.length} specialists`,
      },
    ],
    tasks: await Promise.all(
      evaluated.tasks.map((evaluatedTask, index) => reportTask(evaluatedTask, withHolm[index]!, results)),
    ),
    modules: merged.report.modules.map(({ module, k, singularValues, energyKept, perTask }) => ({
      module,
      k,
      singularValues,
      energyKept,
      perTask,
    })),
    licences: evaluated.tasks.map(({ task }) => ({
      name: task.name,
      licence: task.licence,
      nonCommercial: task.nonCommercial,
      citation: task.citation,
    })),
    warnings: merged.report.warnings.map(({ message }) => message),
  };
}

async function reportTask(
  evaluated: EvaluatedTask,
  comparisons: readonly ReportComparison[],
  { evaluated: { split }, tasks }: DemoResults,
): Promise<ReportTask> {
  const { task, rows } = evaluated;
  const { sample, trained } = tasks.find(({ sample: { name } }) => name === task.name)!;
  const { history, best } = trained.trained;
  return {
    name: task.name,
    title: sample.title,
    kind: task.kind,
    modality: task.modality,
    split,
    n: rows.generalist!.n,
    labels: task.labels,
    results: rows,
    comparisons,
    samples: await reportSamples(evaluated, split),
    curve: {
      points: history.map(({ epoch, trainLoss, val }) => ({
        epoch,
        ...(trainLoss !== null && { trainLoss }),
        ...(val.loss !== null && { valLoss: val.loss }),
        ...(val.acc !== null && { valAcc: val.acc }),
        ...(val.auc !== null && { valAuc: val.auc }),
      })),
      bestEpoch: best.epoch,
    },
  };
}

function pairedRows({ overProbe, overSpecialist, specialistOverProbe }: EvaluatedTask): ReportComparison[] {
  const pairs: [ReportRow, ReportRow, Comparison | null][] = [
    ['generalist', 'specialist', overSpecialist],
    ['specialist', 'probe', specialistOverProbe],
    ['generalist', 'probe', overProbe],
  ];
  return pairs.flatMap(([row, against, comparison]) =>
    (['acc', 'auc'] as const).flatMap((metric) => {
      const found = comparison?.differences[metric];
      return found
        ? [{ row, against, metric, difference: found.difference, interval: found.interval, p: found.p }]
        : [];
    }),
  );
}

const number = (count: number): string =>
  ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven'][count] ?? String(count);
