import { RunKind, RunState, type Run } from '@medlego/contracts/rpc';
import { formatSeconds } from '../terminal/progress.ts';

const kinds: Readonly<Record<RunKind, string>> = {
  [RunKind.RUN_KIND_UNSPECIFIED]: '-',
  [RunKind.RUN_KIND_TRAINING]: 'training',
  [RunKind.RUN_KIND_MERGING]: 'merging',
  [RunKind.RUN_KIND_EVALUATION]: 'evaluation',
};

const states: Readonly<Record<RunState, string>> = {
  [RunState.RUN_STATE_UNSPECIFIED]: '-',
  [RunState.RUN_STATE_REQUESTED]: 'requested',
  [RunState.RUN_STATE_QUEUED]: 'queued',
  [RunState.RUN_STATE_RUNNING]: 'running',
  [RunState.RUN_STATE_SUCCEEDED]: 'succeeded',
  [RunState.RUN_STATE_FAILED]: 'failed',
  [RunState.RUN_STATE_CANCELLED]: 'cancelled',
};

export const kindWord = ({ kind }: Pick<Run, 'kind'>): string => kinds[kind];
export const stateWord = ({ state }: Pick<Run, 'state'>): string => states[state];

export const kindOf = (word: string): RunKind | undefined => keyOf(kinds, word);
export const stateOf = (word: string): RunState | undefined => keyOf(states, word);
export const runKindWords: readonly string[] = Object.values(kinds).filter((word) => word !== '-');
export const runStateWords: readonly string[] = Object.values(states).filter((word) => word !== '-');

const keyOf = <K extends number>(words: Readonly<Record<K, string>>, word: string): K | undefined => {
  const found = Object.entries(words).find(([key, value]) => value === word && Number(key) > 0);
  return found ? (Number(found[0]) as K) : undefined;
};

export const isOver = ({ state }: Pick<Run, 'state'>): boolean =>
  state === RunState.RUN_STATE_SUCCEEDED ||
  state === RunState.RUN_STATE_FAILED ||
  state === RunState.RUN_STATE_CANCELLED;

/** `loss 0.41  812 images/s  epoch 3 of 10` */
export function progressWords({ progress }: Run): string {
  if (!progress) return '';
  const { lastLoss, imagesPerSecond, message } = progress;
  return [
    lastLoss === undefined ? '' : `loss ${lastLoss.toFixed(3)}`,
    imagesPerSecond === undefined ? '' : `${imagesPerSecond.toFixed(0)} images/s`,
    message,
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** What a run is doing, or how it ended, in one line. */
export function detailOf(run: Run): string {
  if (run.error) return `${run.error.code}: ${run.error.message}`;
  if (isOver(run)) return '';
  const eta = run.progress?.etaSeconds;
  return [eta === undefined ? '' : `ETA ${formatSeconds(eta)}`, progressWords(run)]
    .filter((part) => part !== '')
    .join('  ');
}

/** A run for `--json`. */
export const runDocument = (run: Run) => ({
  id: run.id,
  kind: kindWord(run),
  state: stateWord(run),
  name: run.name,
  ...(run.sweep && { sweep: run.sweep }),
  attempts: run.attempts,
  progress: run.progress?.fraction ?? 0,
  etaSeconds: run.progress?.etaSeconds ?? null,
  imagesPerSecond: run.progress?.imagesPerSecond ?? null,
  lastLoss: run.progress?.lastLoss ?? null,
  artifact: run.artifact || null,
  error: run.error
    ? { code: run.error.code, message: run.error.message, facts: JSON.parse(run.error.factsJson || '{}') as unknown }
    : null,
  created: run.created?.toISOString() ?? null,
  updated: run.updated?.toISOString() ?? null,
});

export const runColumns = [
  { title: 'Run' },
  { title: 'Kind' },
  { title: 'Name' },
  { title: 'State' },
  { title: 'Done', align: 'right' },
  { title: 'Detail' },
] as const;

export const runRow = (run: Run): string[] => [
  run.id,
  kindWord(run),
  run.name,
  run.cancelRequested && !isOver(run) ? 'stopping' : stateWord(run),
  `${Math.round(100 * (run.progress?.fraction ?? 0))} %`,
  detailOf(run).slice(0, 100),
];
