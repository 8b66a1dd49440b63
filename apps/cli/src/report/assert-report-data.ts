import { InvalidValueError } from '@medlego/errors';
import { type ReportData, type ReportModule, reportRows, type ReportSample, type ReportTask } from './report-data.ts';
import { taskTitle } from './rows.ts';

const pngDataUri = /^data:image\/png;base64,[A-Za-z0-9+/]+={0,2}$/;

/**
 * Refuses what would make a misleading or broken page: no tasks, doubled names, numbers that are none, confusion
 * matrices that do not fit the labels, images that are not embedded.
 *
 * @throws InvalidValueError naming the field
 */
export function assertReportData(data: ReportData): void {
  check(data.title.trim().length > 0, 'title', 'some text', data.title);
  check(data.tasks.length > 0, 'tasks', 'at least one task', data.tasks.length);
  for (const names of [data.tasks.map((task) => task.name), data.tasks.map(taskTitle)]) {
    const doubled = names.find((name, at) => names.indexOf(name) !== at);
    check(doubled === undefined, 'tasks', 'names and titles that differ', doubled);
  }
  data.tasks.forEach((task, at) => assertTask(task, `tasks[${at}]`));
  data.modules?.forEach((module, at) => assertModule(module, `modules[${at}]`));
}

function assertTask(task: ReportTask, field: string): void {
  check(task.labels.length > 0, `${field}.labels`, 'at least one label', task.labels.length);
  for (const row of reportRows) {
    const result = task.results[row];
    if (!result) continue;
    const at = `${field}.results.${row}`;
    assertNumbers(result.metrics, `${at}.metrics`);
    for (const [metric, interval] of Object.entries(result.intervals))
      if (interval) assertNumbers({ lower: interval[0], upper: interval[1] }, `${at}.intervals.${metric}`);
    const size = task.labels.length;
    const isSquare = (rows: readonly (readonly number[])[], k: number) =>
      rows.length === k && rows.every((cells) => cells.length === k);
    if (result.confusion)
      check(
        isSquare(result.confusion, size),
        `${at}.confusion`,
        `${size} x ${size}`,
        `${result.confusion.length} rows`,
      );
    if (result.labelConfusions)
      check(
        result.labelConfusions.length === size && result.labelConfusions.every((rows) => isSquare(rows, 2)),
        `${at}.labelConfusions`,
        `${size} matrices of 2 x 2`,
        result.labelConfusions.length,
      );
  }
  task.samples?.forEach((sample, at) => assertSample(sample, task, `${field}.samples[${at}]`));
}

function assertSample(sample: ReportSample, { labels }: ReportTask, field: string): void {
  check(
    pngDataUri.test(sample.image),
    `${field}.image`,
    'a data:image/png;base64 address',
    `${sample.image.slice(0, 40)}...`,
  );
  const unknown = [...sample.truth, ...Object.keys(sample.probabilities)].find((label) => !labels.includes(label));
  check(unknown === undefined, field, `labels of the task (${labels.join(', ')})`, unknown);
  for (const [label, p] of Object.entries(sample.probabilities))
    check(p >= 0 && p <= 1, `${field}.probabilities.${label}`, 'a number in [0, 1]', p);
}

function assertModule({ k, singularValues }: ReportModule, field: string): void {
  const bad = singularValues.findIndex((value) => !(Number.isFinite(value) && value >= 0));
  check(bad < 0, `${field}.singularValues[${bad}]`, 'a finite number of at least 0', singularValues[bad]);
  check(
    Number.isInteger(k) && k >= 0 && k <= singularValues.length,
    `${field}.k`,
    `an integer in [0, ${singularValues.length}]`,
    k,
  );
}

function assertNumbers(values: Readonly<Record<string, number | null | undefined>>, field: string): void {
  for (const [name, value] of Object.entries(values))
    check(value === null || Number.isFinite(value), `${field}.${name}`, 'a finite number or null', value);
}

function check(holds: boolean, field: string, expected: string, actual: unknown): void {
  if (!holds) throw new InvalidValueError({ field, expected, actual });
}
