import { evaluateScores } from '@medlego/metrics';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { type ReportData, type ReportTask, renderReport } from './index.ts';
import { exampleReportData } from './report.fixture.ts';

/** The part of the DOM that the specs ask; the project's types know no browser. */
interface Node {
  readonly textContent: string;
  readonly outerHTML: string;
  readonly tagName: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Node>;
}

const example = exampleReportData();
const [pneumonia, blood, ...others] = example.tasks as [ReportTask, ReportTask, ...ReportTask[]];
const parse = (page: string): Node => parseHTML(page).document as unknown as Node;
const all = (page: string, selector: string): Node[] => [...parse(page).querySelectorAll(selector)];
const textOf = (page: string, selector: string): string =>
  all(page, selector)
    .map((node) => node.textContent.replace(/\s+/g, ' ').trim())
    .join('\n');
const withTask = (change: Partial<ReportTask>): ReportData => ({
  ...example,
  tasks: [{ ...pneumonia, ...change }, blood, ...others],
});

const multiLabel: ReportTask = {
  name: 'chest',
  kind: 'multi-label, binary-class',
  split: 'test',
  n: 4,
  labels: ['mass', 'edema'],
  results: {
    generalist: evaluateScores({
      kind: 'multi-label, binary-class',
      labels: [1, 0, 0, 0, 0, 0, 0, 0],
      scores: { shape: [4, 2], data: [0.9, 0.2, 0.6, 0.3, 0.2, 0.1, 0.4, 0.8] },
    }),
  },
  samples: [{ image: pneumonia.samples![0]!.image, truth: [], probabilities: { mass: 0.6, edema: 0.3 } }],
};

describe('the page', () => {
  it('loads nothing and runs nothing', async () => {
    const page = await renderReport(example);
    expect(page.startsWith('<!doctype html>')).toBe(true);
    for (const node of all(page, '*')) {
      expect(node.tagName.toLowerCase()).not.toMatch(/^(script|link|iframe|object|embed|base|form)$/);
      for (const attribute of ['src', 'href', 'xlink:href', 'srcset', 'action', 'data', 'poster'])
        expect(node.getAttribute(attribute) ?? '#').toMatch(/^(#|data:image\/png;base64,)/);
    }
    expect(page).not.toMatch(/@import|url\(|\son\w+\s*=|https?:/i);
    expect(page).toContain("default-src 'none'");
  });

  it('is the same, byte for byte, for the same data', async () => {
    expect(await renderReport(exampleReportData())).toBe(await renderReport(exampleReportData()));
  });

  it('has a target for every link inside it and a text for every picture', async () => {
    const page = await renderReport(example);
    const ids = all(page, '[id]').map((node) => node.getAttribute('id'));
    for (const link of all(page, 'a')) expect(ids).toContain(link.getAttribute('href')!.slice(1));
    const pictures = all(page, 'svg, img');
    expect(pictures.length).toBeGreaterThan(40);
    for (const picture of pictures)
      expect(picture.getAttribute('aria-label') ?? picture.getAttribute('alt')).toBeTruthy();
  });

  it('shows accuracy and AUC of every row and task, with intervals', async () => {
    const [accuracy, auc] = all(await renderReport(example), '#results table').map((table) => table.textContent) as [
      string,
      string,
    ];
    for (const { results } of example.tasks)
      for (const { metrics, intervals } of Object.values(results)) {
        expect(accuracy).toContain((100 * metrics.acc!).toFixed(1));
        expect(accuracy).toContain(
          `${(100 * intervals.acc![0]).toFixed(1)} to ${(100 * intervals.acc![1]).toFixed(1)}`,
        );
        expect(auc).toContain(metrics.auc!.toFixed(3));
      }
  });

  it('says that it is not for clinical use, and under which licences', async () => {
    const page = await renderReport({
      ...example,
      licences: [...example.licences, { name: 'hamderma', licence: 'CC BY-NC 4.0', nonCommercial: true }],
    });
    expect(textOf(page, 'header, footer, #licences').match(/not for clinical use/gi)).toHaveLength(3);
    expect(textOf(page, '#licences')).toContain(
      'Because of hamderma the generalist may be used for non-commercial purposes only',
    );
  });
});

describe('what data can do to the page', () => {
  it('names cannot become markup', async () => {
    const evil = `<script>alert("1")</script>"'><img src=x onerror=alert(1)>&`;
    const page = await renderReport({
      ...example,
      title: evil,
      subtitle: evil,
      warnings: [evil],
      generalist: { name: evil, method: evil, parameters: { [evil]: evil }, artifact: evil },
      backbone: { name: evil, description: evil },
      facts: [{ label: evil, value: evil }],
      licences: [{ name: evil, licence: evil, citation: evil }],
      modules: [{ module: evil, k: 1, singularValues: [1, 0.5], energyKept: 0.8, perTask: { [evil]: 0.5 } }],
      tasks: [
        {
          ...pneumonia,
          name: evil,
          title: evil,
          modality: evil,
          split: evil,
          labels: [evil, 'other'],
          samples: [{ image: pneumonia.samples![0]!.image, truth: [evil], probabilities: { [evil]: 0.9 } }],
        },
      ],
    });
    expect(page).not.toContain('<script');
    expect(all(page, 'img').map((node) => node.getAttribute('onerror'))).toEqual([null]);
    expect(all(page, 'img')[0]!.getAttribute('alt')).toBe(evil);
    expect(textOf(page, 'h1')).toBe(evil);
  });

  it('names the task whose specialist does not beat its probe, and leaves it out of gain kept', async () => {
    const page = await renderReport(
      withTask({ results: { ...pneumonia.results, specialist: pneumonia.results.majority! } }),
    );
    expect(textOf(page, '.notice')).toMatch(
      /Left out of gain kept: .*Pneumonia \(specialist 62\.5 % does not beat its probe/,
    );
    expect(textOf(page, '#kept tbody tr').split('\n')[0]).toBe('Pneumonia left out left out');
  });

  it('gives no gain kept where no specialist beats its probe', async () => {
    const tasks = [{ ...pneumonia, results: { ...pneumonia.results, specialist: pneumonia.results.probe! } }];
    expect(textOf(await renderReport({ ...example, tasks }), '.tiles')).toContain(
      'no specialist beats its probe in accuracy',
    );
  });

  it('a class without cases has a dash for an AUC and its name in a note', async () => {
    const { generalist } = pneumonia.results;
    const result = {
      ...generalist!,
      metrics: { ...generalist!.metrics, auc: null },
      intervals: { ...generalist!.intervals, auc: null },
      notes: ['auc: undefined, class normal without cases; auc_mean_of_defined averages the others.'],
    };
    const page = await renderReport(withTask({ results: { ...pneumonia.results, generalist: result } }));
    expect(textOf(page, '#results td')).toContain(`–others ${generalist!.metrics.auc_mean_of_defined!.toFixed(3)}`);
    expect(textOf(page, '#results p')).toContain(
      'Pneumonia: undefined, class normal without cases; "others" is the mean of the rest. Means are over',
    );
  });

  it('multi-label tasks get sensitivity and specificity per label, and rows that were not run a dash', async () => {
    const page = await renderReport({ ...example, tasks: [multiLabel] });
    expect(textOf(page, '#tasks .heat tbody th').split('\n')).toEqual(['mass', 'edema']);
    expect(textOf(page, '#tasks .heat tbody td').split('\n')).toEqual([
      '1',
      '1',
      '1',
      '100.0',
      '66.7',
      '0',
      '0',
      '1',
      '–',
      '75.0',
    ]);
    expect(textOf(page, '.truth')).toBe('no finding');
    expect(textOf(page, '#results tbody tr')).toContain('75.0');
  });

  it('optional parts vanish without a trace', async () => {
    const { name, kind, split, n, labels, results } = pneumonia;
    const page = await renderReport({
      title: 'Bare',
      generalist: { name: 'g', method: 'average' },
      backbone: { name: 'b' },
      facts: [],
      licences: [],
      tasks: [{ name, kind, split, n, labels, results }],
    });
    expect(page).not.toMatch(/undefined|null|NaN|\[object/);
    expect(all(page, '#inside')).toEqual([]);
    expect(textOf(page, 'nav')).not.toContain('Inside the merge');
  });
});

describe('what is refused', () => {
  const { generalist } = pneumonia.results;
  const sample = pneumonia.samples![0]!;
  it.each<[string, ReportData, string]>([
    ['an empty title', { ...example, title: ' ' }, 'title'],
    ['no tasks', { ...example, tasks: [] }, 'tasks'],
    ['two tasks of one name', { ...example, tasks: [pneumonia, pneumonia] }, 'tasks'],
    [
      'metrics that are no numbers',
      withTask({ results: { generalist: { ...generalist!, metrics: { acc: NaN } } } }),
      'tasks[0].results.generalist.metrics.acc',
    ],
    [
      'a confusion matrix of another size',
      withTask({ results: { generalist: { ...generalist!, confusion: [[1]] } } }),
      'tasks[0].results.generalist.confusion',
    ],
    [
      'an image from elsewhere',
      withTask({ samples: [{ ...sample, image: 'https://example.org/a.png' }] }),
      'tasks[0].samples[0].image',
    ],
    [
      'labels that the task does not have',
      withTask({ samples: [{ ...sample, truth: ['flu'] }] }),
      'tasks[0].samples[0]',
    ],
    [
      'percentages for probabilities',
      withTask({ samples: [{ ...sample, probabilities: { normal: 98 } }] }),
      'tasks[0].samples[0].probabilities.normal',
    ],
    [
      'a cut beyond the last singular value',
      { ...example, modules: [{ module: 'm', k: 3, singularValues: [1], energyKept: 1, perTask: {} }] },
      'modules[0].k',
    ],
  ])('%s', async (_, data, field) => {
    await expect(renderReport(data)).rejects.toMatchObject({ code: 'invalid_value', facts: { field } });
  });
});
