import type { Bench } from './bench.ts';
import type { Figure } from './compare.ts';
import type { Machine } from './machine.ts';

/** A figure and the command that gave it: what docs/results/bench.json keeps. */
export interface KeptFigure extends Figure {
  readonly command: string;
}

const keyOf = ({ bench, size }: Figure): string => `${bench} ${size}`;

/** New figures in the place of older ones of the same bench and size; the others stay as they are. */
export function mergeFigures(kept: readonly KeptFigure[], fresh: readonly KeptFigure[]): readonly KeptFigure[] {
  const replaced = new Set(fresh.map(keyOf));
  return [...kept.filter((figure) => !replaced.has(keyOf(figure))), ...fresh];
}

/** The page docs/results/bench.md: one table per bench, in the order of the benches and of their sizes, and where each row came from. */
export function resultsPage(benches: readonly Bench[], figures: readonly KeptFigure[]): string {
  const sections = benches.flatMap((bench) => {
    const rows = bench.sizes.flatMap((size) =>
      figures.filter((figure) => figure.bench === bench.name && figure.size === size),
    );
    return rows.length > 0 ? [section(bench, rows)] : [];
  });
  return `# Figures of speed and memory

Ours and the peer's run in turn, each in a process of its own; medians over the rounds. Peak memory is the process's highest
resident set (VmHWM). \`others\` is how many cores other processes used meanwhile: near 0, the figures can be believed as they
are, above it only the ratio means something. A ratio above 1 means that we are faster. Kept as data in \`bench.json\`.

${sections.join('\n')}`;
}

function section(bench: Bench, rows: readonly KeptFigure[]): string {
  const head = `## ${bench.title}\n\n| size | ours (${bench.unit}) | peer (${bench.unit}) | ratio | our peak (MB) | peer's peak (MB) | others |\n|---|---|---|---|---|---|---|\n`;
  const remarks = [bench.target && `Target for the ratio: ${bench.target}.`, bench.note].filter(Boolean);
  return [head + rows.map(row).join(''), ...remarks.map((text) => `${text}\n`), origins(rows)].join('\n');
}

function row({ size, value, peer, peerValue, ratio, peakMb, peerPeakMb, others }: KeptFigure): string {
  const peers = peerValue === undefined ? '-' : `${peerValue} (${peer})`;
  return `| ${size} | ${value} | ${peers} | ${ratio ?? '-'} | ${peakMb ?? '-'} | ${peerPeakMb ?? '-'} | ${others ?? '-'} |\n`;
}

/** A line per command and machine, with the rows that it gave. */
function origins(rows: readonly KeptFigure[]): string {
  const bySource = Map.groupBy(rows, ({ command, machine }) => `\`${command}\`, on ${describe(machine)}`);
  return [...bySource]
    .map(([source, of]) => `- ${of.map(({ size }) => `\`${size}\``).join(', ')}: ${source}\n`)
    .join('');
}

const describe = ({ cpu, cores, memoryGb, threads, node, onnxruntime }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGb} GB, ${threads} threads; Node ${node}, onnxruntime-node ${onnxruntime}`;
