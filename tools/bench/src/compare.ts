import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Measured, MeasureOptions } from './bench.ts';
import { waitForQuiet } from './busy.ts';
import { runChild, type ChildResult } from './child.ts';
import { describeMachine, type Machine } from './machine.ts';
import type { Peers } from './peers.ts';
import { median } from './timing.ts';
import { workspaceRoot } from './workspace.ts';

export interface CompareOptions {
  readonly threads: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly peers: Peers | null;
  /** Each process starts when others use less than so many cores; null: at once. */
  readonly quiet: number | null;
  /** How long to wait for that, in seconds per process. */
  readonly patience: number;
}

/** One figure, and the peer's beside it. `ratio` above 1 means that we are faster. */
export interface Figure {
  readonly bench: string;
  readonly size: string;
  readonly value: number;
  readonly unit: string;
  readonly peakMb: number | null;
  readonly peer?: string;
  readonly peerValue?: number;
  readonly peerPeakMb?: number | null;
  readonly ratio?: number;
  /** Medians of further figures of our runs. */
  readonly details?: Readonly<Record<string, number>>;
  readonly rounds: number;
  /** Cores that other processes used meanwhile, ours and the peer's runs. Figures next to 0 can be believed. */
  readonly others: number | null;
  readonly machine: Machine;
}

interface Samples {
  readonly values: number[];
  readonly beside: number[];
  readonly details: Readonly<Record<string, number>>[];
  readonly peaks: number[];
  readonly others: number[];
}

/** Measures one size of a bench: ours and the peer's modes in turn, a process each, and the medians over the rounds. */
export async function compare(bench: Bench, size: string, options: CompareOptions): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'medlego-bench-'));
  try {
    const measureOptions: MeasureOptions = { size, threads: options.threads, seconds: options.seconds, folder };
    const ours = noSamples();
    const calm = async () => {
      if (options.quiet !== null) await waitForQuiet(options.quiet, options.patience * 1e3);
    };
    const modes = (options.peers ? (bench.peer?.modes ?? []) : []).map((mode) => ({
      mode,
      samples: noSamples(),
    }));
    for (let round = 0; round < options.rounds; round++) {
      await calm();
      const result = await runChild(
        process.execPath,
        [join(import.meta.dirname, 'worker.ts'), bench.name, JSON.stringify(measureOptions)],
        { cwd: workspaceRoot },
      );
      const { value, beside, details } = (result.lines.at(-1) ?? {}) as Partial<Measured>;
      record(ours, result, value);
      if (beside !== undefined) ours.beside.push(beside);
      if (details) ours.details.push(details);
      for (const { mode, samples } of modes) {
        const { folder: scripts, python } = options.peers!;
        await calm();
        const peer = await runChild(python, [join(scripts, mode.script), ...mode.args(measureOptions)], {
          cwd: folder,
          env: peerEnvironment(),
        });
        const figures = peer.lines
          .map((line) => mode.read(line, measureOptions))
          .filter((value) => value !== undefined);
        record(samples, peer, figures.at(-1));
      }
    }
    const value = median(ours.values);
    const better = (a: number, b: number) => (bench.higherIsBetter ? b - a : a - b);
    const [best] = modes
      .map(({ mode, samples }) => ({ name: mode.name, value: median(samples.values), peakMb: peakOf(samples) }))
      .sort((a, b) => better(a.value, b.value));
    return {
      bench: bench.name,
      size,
      value: round(value),
      unit: bench.unit,
      peakMb: peakOf(ours),
      ...(best && {
        peer: `${bench.peer!.name} ${best.name}`,
        peerValue: round(best.value),
        peerPeakMb: best.peakMb,
        ratio: round(bench.higherIsBetter ? value / best.value : best.value / value),
      }),
      ...(bench.beside !== undefined && ours.beside.length > 0 && besideOf(bench, value, median(ours.beside))),
      ...(ours.details.length > 0 && { details: mediansOf(ours.details) }),
      rounds: options.rounds,
      others: othersOf([ours, ...modes.map(({ samples }) => samples)]),
      machine: describeMachine(options.threads),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const noSamples = (): Samples => ({ values: [], beside: [], details: [], peaks: [], others: [] });

const besideOf = ({ beside, higherIsBetter }: Bench, value: number, other: number) => ({
  peer: beside!,
  peerValue: round(other),
  ratio: round(higherIsBetter ? value / other : other / value),
});

const mediansOf = (details: readonly Readonly<Record<string, number>>[]) =>
  Object.fromEntries(Object.keys(details[0]!).map((key) => [key, round(median(details.map((one) => one[key]!)))]));

/** The peer runs with its own defaults, not with what our launcher sets for itself. */
function peerEnvironment(): NodeJS.ProcessEnv {
  const { MALLOC_MMAP_THRESHOLD_: _ours, ...env } = process.env;
  return { ...env, PYTHONDONTWRITEBYTECODE: '1' };
}

function record(samples: Samples, { peakMb, others }: ChildResult, value: number | undefined): void {
  if (value === undefined || !Number.isFinite(value)) throw new Error('A bench process printed no figure.');
  samples.values.push(value);
  if (peakMb !== null) samples.peaks.push(peakMb);
  if (others !== null) samples.others.push(others);
}

const peakOf = ({ peaks }: Samples) => (peaks.length > 0 ? median(peaks) : null);

function othersOf(all: readonly Samples[]): number | null {
  const cores = all.flatMap(({ others }) => others);
  return cores.length > 0 ? Number(median(cores).toFixed(2)) : null;
}

const round = (value: number) => Number(value.toPrecision(4));
