import type { Html, PlotKit } from '@medlego/report';
import type { ReportCurve } from '../report-data.ts';

interface Line {
  readonly name: string;
  readonly color: string;
  readonly dash?: string;
  readonly value: (point: ReportCurve['points'][number]) => number | undefined;
}

const lossLines: readonly Line[] = [
  { name: 'validation', color: 'var(--specialist)', value: (point) => point.valLoss },
  { name: 'training', color: 'var(--muted)', dash: '4 3', value: (point) => point.trainLoss },
];
const scoreLines: readonly Line[] = [
  { name: 'accuracy', color: 'var(--specialist)', value: (point) => percentOf(point.valAcc) },
  { name: 'AUC', color: 'var(--muted)', dash: '4 3', value: (point) => percentOf(point.valAuc) },
];

/** Loss and validation figures over epochs, as far as the points hold them; the kept checkpoint is ringed. */
export function curveCharts(kit: PlotKit, curve: ReportCurve): Html[] {
  return [lineChart(kit, curve, 'Loss', lossLines), lineChart(kit, curve, 'On validation, %', scoreLines)].filter(
    (chart) => chart !== null,
  );
}

function lineChart(
  { plot, draw }: PlotKit,
  { points, bestEpoch }: ReportCurve,
  title: string,
  lines: readonly Line[],
): Html | null {
  const marks = lines.flatMap((line) =>
    points.flatMap((point) => {
      const value = line.value(point);
      return value === undefined ? [] : [{ name: line.name, epoch: point.epoch, value, color: line.color }];
    }),
  );
  if (marks.length < 2) return null;
  const drawn = lines.filter((line) => marks.some((mark) => mark.name === line.name));
  const ofLine = (line: Line) => marks.filter((mark) => mark.name === line.name);
  const best = ofLine(drawn[0]!).filter((mark) => mark.epoch === bestEpoch);
  const epochs = marks.map((mark) => mark.epoch);
  return draw(
    {
      width: 240,
      height: 140,
      marginLeft: 38,
      marginRight: 58,
      marginTop: 24,
      marginBottom: 32,
      x: {
        label: 'Epoch',
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: Math.min(6, Math.max(...epochs) - Math.min(...epochs)),
        tickFormat: 'd',
      },
      y: { nice: true, ticks: 4, label: null, grid: true },
      marks: [
        plot.text([title], {
          frameAnchor: 'top-left',
          dy: -22,
          dx: -34,
          fontWeight: 600,
          textAnchor: 'start',
          lineAnchor: 'top',
        }),
        ...drawn.map((line) =>
          plot.lineY(ofLine(line), {
            x: 'epoch',
            y: 'value',
            stroke: line.color,
            strokeWidth: 2,
            strokeDasharray: line.dash,
          }),
        ),
        ...drawn.map((line) =>
          plot.text(ofLine(line).slice(-1), {
            x: 'epoch',
            y: 'value',
            text: 'name',
            fill: line.color,
            textAnchor: 'start',
            dx: 6,
          }),
        ),
        plot.dot(best, {
          x: 'epoch',
          y: 'value',
          r: 5,
          stroke: 'var(--generalist)',
          strokeWidth: 2,
          fill: 'var(--surface)',
        }),
      ],
    },
    `${title} over epochs`,
  );
}

const percentOf = (share: number | undefined): number | undefined => (share === undefined ? undefined : 100 * share);
