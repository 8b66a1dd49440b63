import type { Bench } from './bench.ts';
import type { Figure } from './compare.ts';

/** The table of docs/results/bench.md. */
export function resultsPage(benches: readonly Bench[], figures: readonly Figure[], command: string): string {
  const [first] = figures;
  if (!first) return '';
  const { cpu, cores, memoryGb, node, onnxruntime, threads } = first.machine;
  const sections = benches
    .map((bench) => ({ bench, rows: figures.filter((figure) => figure.bench === bench.name) }))
    .filter(({ rows }) => rows.length > 0)
    .map(({ bench, rows }) => section(bench, rows));
  return `# Figures of speed and memory

Made by \`${command}\`. Ours and the peer's run in turn, each in a process of its own; medians over the rounds. Peak memory is the
process's highest resident set (VmHWM). \`load\` is what the machine had to do meanwhile, us included: on a busy machine only the
ratio means something. A ratio above 1 means that we are faster.

${cpu}, ${cores} cores, ${memoryGb} GB, ${threads} threads; Node ${node}, onnxruntime-node ${onnxruntime}.

${sections.join('\n')}`;
}

function section(bench: Bench, rows: readonly Figure[]): string {
  const head = `## ${bench.title}\n\n| size | ours (${bench.unit}) | peer (${bench.unit}) | ratio | our peak (MB) | peer's peak (MB) | others |\n|---|---|---|---|---|---|---|\n`;
  return head + rows.map(row).join('') + (bench.target ? `\nTarget for the ratio: ${bench.target}.\n` : '');
}

function row({ size, value, peer, peerValue, ratio, peakMb, peerPeakMb, others }: Figure): string {
  const peers = peerValue === undefined ? '-' : `${peerValue} (${peer})`;
  return `| ${size} | ${value} | ${peers} | ${ratio ?? '-'} | ${peakMb ?? '-'} | ${peerPeakMb ?? '-'} | ${others ?? '-'} |\n`;
}
