import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Custom property that holds the colour. */
  readonly colour: `--${string}`;
}

interface LineChartProps {
  /** For readers who cannot see the curves: what they show and where they are now. */
  readonly label: string;
  readonly x: readonly number[];
  /** True: x is seconds since 1970. */
  readonly time: boolean;
  readonly series: readonly Series[];
  readonly height?: number;
}

/** Curves on a canvas that follow the width of the page and its colour scheme. */
export function LineChart({ label, x, time, series, height = 180 }: LineChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const shape = JSON.stringify([series.map(({ name, colour }) => [name, colour]), time, height]);
  const data = [[...x], ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
  const newest = useRef(data);
  newest.current = data;

  useEffect(() => {
    const element = host.current!;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, series, time, height), newest.current, element);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    dark.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(newest.current), [x, ...series.map(({ values }) => values)]);

  return <div class="chart" role="img" aria-label={label} ref={host} />;
}

function optionsOf(element: HTMLElement, series: readonly Series[], time: boolean, height: number): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px system-ui, sans-serif',
  };
  return {
    width: element.clientWidth,
    height,
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time } },
    axes: [axis, { ...axis, size: 56 }],
    series: [
      {},
      ...series.map((one) => ({ label: one.name, stroke: colour(one.colour), width: 2, points: { size: 5 } })),
    ],
  };
}
