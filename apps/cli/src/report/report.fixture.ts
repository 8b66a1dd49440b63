import { crc32, deflateSync } from 'node:zlib';
import { baselineScores, type CasesInput, compare, evaluateScores, holmAdjust } from '@medlego/metrics';
import type { TaskKind } from '@medlego/tasks';
import {
  type ReportComparison,
  type ReportData,
  type ReportResult,
  type ReportRow,
  reportRows,
  type ReportSample,
  type ReportTask,
} from './report-data.ts';

/** Numbers drawn from a seed for tests and previews of the page. Nothing here was measured. */
interface TaskSketch {
  readonly name: string;
  readonly title: string;
  readonly kind: TaskKind;
  readonly modality: string;
  readonly labels: readonly string[];
  readonly counts: readonly number[];
  /** How strongly each row's scores follow the truth. */
  readonly signals: Readonly<Record<Exclude<ReportRow, 'majority'>, number>>;
}

const sketches: readonly TaskSketch[] = [
  {
    name: 'pneumoniamnist',
    title: 'Pneumonia',
    kind: 'binary-class',
    modality: 'chest X-ray',
    labels: ['normal', 'pneumonia'],
    counts: [117, 195],
    signals: { specialist: 2.5, generalist: 2.35, unadapted: 2.1, probe: 2.2 },
  },
  {
    name: 'pbcblood',
    title: 'Blood cells',
    kind: 'multi-class',
    modality: 'blood smear',
    labels: [
      'basophil',
      'eosinophil',
      'erythroblast',
      'immature granulocyte',
      'lymphocyte',
      'monocyte',
      'neutrophil',
      'platelet',
    ],
    counts: [36, 91, 46, 85, 35, 42, 97, 68],
    signals: { specialist: 3.9, generalist: 3.7, unadapted: 2.6, probe: 3.45 },
  },
  {
    name: 'busibreast',
    title: 'Breast',
    kind: 'binary-class',
    modality: 'ultrasound',
    labels: ['malignant', 'normal, benign'],
    counts: [42, 114],
    signals: { specialist: 2.0, generalist: 2.05, unadapted: 1.9, probe: 2.05 },
  },
  {
    name: 'mednist',
    title: 'Body region',
    kind: 'multi-class',
    modality: 'CT, MRI, X-ray',
    labels: ['abdomen CT', 'breast MRI', 'chest X-ray', 'chest CT', 'hand X-ray', 'head CT'],
    counts: [66, 61, 68, 68, 69, 68],
    signals: { specialist: 5.2, generalist: 5.0, unadapted: 4.4, probe: 4.8 },
  },
  {
    name: 'oaiknee',
    title: 'Knee arthrosis',
    kind: 'ordinal-regression',
    modality: 'knee X-ray',
    labels: ['KL grade 0', 'KL grade 1', 'KL grade 2', 'KL grade 3', 'KL grade 4'],
    counts: [154, 71, 108, 54, 13],
    signals: { specialist: 1.5, generalist: 1.4, unadapted: 1.05, probe: 1.2 },
  },
];

/** A `data:` PNG for the at-th sample of a task, which is of that class. */
type DrawImage = (task: string, label: number, at: number) => string;

/** A report as `medlego demo` would fill it, with drawn numbers and images. */
export function exampleReportData(image: DrawImage = drawnPng): ReportData {
  const tasks = adjusted(sketches.map((sketch) => exampleTask(sketch, image)));
  return {
    title: 'Five specialists, one generalist',
    subtitle:
      'Five SVD-LoRA adapters, trained apart on one frozen vision transformer, merged into one without training or images.',
    createdAt: '2026-03-14T09:26:53.000Z',
    generalist: {
      name: 'quickstart',
      artifact: `sha256:${'3f9c1a7be0d24586'.repeat(4)}`,
      method: 'med-lego',
      parameters: { threshold: 0.9, mode: 'share of σ', lambda: 0.2, balance: 'none' },
      mergeMs: 38.4,
    },
    backbone: {
      name: 'vit-nano',
      digest: `sha256:${'b41e09d7c2385fa6'.repeat(4)}`,
      description: '28 px, patch 4, dim 128, depth 6, 4 heads',
    },
    facts: [
      { label: 'Command', value: 'medlego demo --seed 0' },
      { label: 'Seeds', value: '0 (training, bootstrap)' },
      {
        label: 'Specialists',
        value: 'SVD-LoRA rank 4 on q and v, AdamW, learning rate 3e-4, head started from the solved probe',
      },
      { label: 'Engine', value: 'onnx (CPU, 2 threads)' },
      { label: 'Versions', value: 'medlego 0.1.0, onnxruntime 1.23.0, Node 22.20.0' },
      { label: 'Machine', value: '2 cores, 8 GiB, Linux x64' },
      { label: 'Took', value: '3 min 12 s' },
    ],
    tasks,
    modules: exampleModules(tasks),
    licences: [
      { name: 'vit-nano', licence: 'Apache-2.0', citation: 'Pretrained by this project on CIFAR-10.' },
      { name: 'pneumoniamnist', licence: 'CC BY 4.0', citation: 'Kermany et al., Cell 172(5):1122-1131 (2018)' },
      { name: 'pbcblood', licence: 'CC BY 4.0', citation: 'Acevedo et al., Data in Brief 30:105474 (2020)' },
      { name: 'busibreast', licence: 'CC BY 4.0', citation: 'Al-Dhabyani et al., Data in Brief 28:104863 (2020)' },
      { name: 'mednist', licence: 'CC BY-SA 4.0', citation: 'MedNIST, B. J. Erickson' },
      { name: 'oaiknee', licence: 'CC BY 4.0', citation: 'Chen, Mendeley Data (2018)' },
    ],
  };
}

function exampleTask(sketch: TaskSketch, image: DrawImage): ReportTask {
  const { name, title, kind, modality, labels, counts } = sketch;
  const random = uniform(name);
  const truth = counts.flatMap((count, label) => Array.from({ length: count }, () => label));
  const noise = truth.map(() => labels.map(() => gaussian(random)));
  const scoresOf = (signal: number) =>
    truth.flatMap((label, row) =>
      softmax(
        labels.map(
          (_, column) => 1.3 * (0.85 * noise[row]![column]! + 0.5 * gaussian(random)) + (column === label ? signal : 0),
        ),
      ),
    );
  const shape = [truth.length, labels.length];
  const inputOf = (signal: number): CasesInput => ({ kind, labels: truth, scores: { shape, data: scoresOf(signal) } });
  const inputs: Readonly<Record<ReportRow, CasesInput>> = {
    specialist: inputOf(sketch.signals.specialist),
    generalist: inputOf(sketch.signals.generalist),
    unadapted: inputOf(sketch.signals.unadapted),
    probe: inputOf(sketch.signals.probe),
    majority: { kind, labels: truth, scores: baselineScores(kind, truth, labels.length, truth.length) },
  };
  const resultOf = (row: ReportRow): ReportResult =>
    evaluateScores(inputs[row], { bootstrap: 200, labelNames: labels });
  const results = Object.fromEntries(reportRows.map((row) => [row, resultOf(row)]));
  return {
    name,
    title,
    kind,
    modality,
    split: 'test',
    n: truth.length,
    labels,
    results,
    comparisons: comparisonsOf(inputs),
    samples: samplesOf(sketch, truth, inputs.generalist, image),
    curve: { points: curvePoints(random), bestEpoch: 7 },
  };
}

function comparisonsOf(inputs: Record<ReportRow, CasesInput>): ReportComparison[] {
  const pairs = [
    ['generalist', 'specialist'],
    ['specialist', 'probe'],
    ['generalist', 'probe'],
  ] as const;
  return pairs.flatMap(([row, against]) => {
    const { differences } = compare(inputs[row], inputs[against], { bootstrap: 200 });
    return (['acc', 'auc'] as const).map((metric) => ({ row, against, metric, ...differences[metric]! }));
  });
}

function adjusted(tasks: readonly ReportTask[]): ReportTask[] {
  const raw = tasks.flatMap((task) => (task.comparisons ?? []).map((one) => one.p ?? 1));
  const holm = holmAdjust(raw);
  let at = 0;
  return tasks.map((task) => ({
    ...task,
    comparisons: task.comparisons?.map((one) => ({ ...one, pAdjusted: holm[at++] })),
  }));
}

function samplesOf(
  { name, labels }: TaskSketch,
  truth: readonly number[],
  { scores }: CasesInput,
  image: DrawImage,
): ReportSample[] {
  return Array.from({ length: 8 }, (_, at) => {
    const row = Math.floor(((at + 0.5) * truth.length) / 8);
    const row0 = row * labels.length;
    return {
      image: image(name, truth[row]!, at),
      truth: [labels[truth[row]!]!],
      probabilities: Object.fromEntries(labels.map((label, column) => [label, scores.data[row0 + column]!])),
    };
  });
}

const curvePoints = (random: () => number) =>
  Array.from({ length: 11 }, (_, epoch) => ({
    epoch,
    trainLoss: epoch === 0 ? undefined : 0.28 + 0.3 * Math.exp(-epoch / 3) + 0.01 * random(),
    valLoss: 0.4 + 0.12 * Math.exp(-epoch / 2.5) + 0.002 * Math.max(0, epoch - 7) ** 2 + 0.008 * random(),
    valAcc: 0.83 + 0.03 * (1 - Math.exp(-epoch / 3)) + 0.006 * random(),
    valAuc: 0.955 + 0.012 * (1 - Math.exp(-epoch / 3)) + 0.002 * random(),
  }));

function exampleModules(tasks: readonly ReportTask[]): ReportData['modules'] {
  const random = uniform('modules');
  return Array.from({ length: 12 }, (_, at) => {
    const module = `blocks.${Math.floor(at / 2)}.attn.${at % 2 === 0 ? 'q' : 'v'}`;
    const first = 0.15 + 0.5 * random();
    const decay = 0.72 + 0.18 * random();
    const singularValues = Array.from(
      { length: 20 },
      (_, rank) => first * decay ** rank * (0.95 + 0.05 * random()),
    ).sort((a, b) => b - a);
    const total = singularValues.reduce((sum, value) => sum + value, 0);
    let k = 0;
    for (let share = 0; share <= 0.9 * total; k++) share += singularValues[k]!;
    const energy = (values: readonly number[]) => values.reduce((sum, value) => sum + value ** 2, 0);
    return {
      module,
      k,
      singularValues,
      energyKept: energy(singularValues.slice(0, k)) / energy(singularValues),
      perTask: Object.fromEntries(tasks.map((task) => [task.name, 1 - (0.05 + 0.5 * random()) * random()])),
    };
  });
}

/** A grey 28 x 28 PNG with a bright spot, as a data address. */
export function drawnPng(task: string, label: number, at: number): string {
  const side = 28;
  const random = uniform(`${task} ${label} ${at}`);
  const [x, y, size] = [8 + 12 * random(), 8 + 12 * random(), 3 + 6 * random()];
  const rows = Array.from({ length: side }, (_, row) => [
    0, // no filter
    ...Array.from({ length: side }, (_, column) =>
      Math.round(30 + 30 * random() + 180 * Math.exp(-((column - x) ** 2 + (row - y) ** 2) / size ** 2)),
    ),
  ]).flat();
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 0, 0, 0, 0], 8); // 8 bits, grey
  const png = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${png.toString('base64')}`;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** Numbers in [0, 1) from a name. */
function uniform(name: string): () => number {
  let state = crc32(name) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const gaussian = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function softmax(logits: readonly number[]): number[] {
  const exponentials = logits.map(Math.exp);
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}
