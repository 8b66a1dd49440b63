import type { TuneCandidate, TunedSpecialists } from '@medlego/workflows';
import type { Column, Output } from '../terminal/output.ts';

/** 0.81234 as "0.812"; points of accuracy and AUC as "+1.2". */
const three = (value: number): string => value.toFixed(3);
const words = { acc: 'accuracy', auc: 'AUC', loss: 'loss' } as const;

/** The best first; of equal ones, the one that was measured first. */
export const ranked = ({ candidates }: TunedSpecialists): TuneCandidate[] =>
  [...candidates].sort((a, b) => b.objective - a.objective || a.loss - b.loss || a.index - b.index);

/** What a search looked for, in a few words. */
export const soughtFor = ({ metric, objective, document }: TunedSpecialists): string =>
  objective === 'mean'
    ? `mean ${words[metric]} over ${document.members.length} tasks`
    : `gain kept in ${words[metric]}, pooled over ${document.members.length} tasks`;

/** A candidate's figure; of the loss, which is compared with its sign turned, the loss itself. */
export const worthText = ({ metric, objective }: TunedSpecialists, worth: number): string =>
  metric === 'loss' && objective === 'mean' ? three(-worth) : three(worth);

export const candidateColumns = ({ search }: TunedSpecialists): Column[] => [
  { title: 'Candidate', align: 'right' },
  ...search.map(({ name }) => ({ title: name, align: 'right' as const })),
  { title: 'Objective', align: 'right' },
  { title: 'Loss', align: 'right' },
];

export const candidateRow = (tuned: TunedSpecialists, { index, point, objective, loss }: TuneCandidate): string[] => [
  index === 0 ? '0 (start)' : String(index),
  ...tuned.search.map(({ name }) => String(point[name] ?? '-')),
  worthText(tuned, objective),
  three(loss),
];

/** The best over the start, with its interval, and what that is worth. */
export function gainSentence(tuned: TunedSpecialists): string {
  const { gain, metric } = tuned;
  const [scale, unit, digits] = metric === 'loss' ? [1, '', 3] : [100, ' points', 2];
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(scale * value).toFixed(digits)}`;
  const interval = gain.interval ? ` (95 % interval ${gain.interval.map(signed).join(' to ')})` : '';
  const what = metric === 'loss' ? 'loss saved' : words[metric];
  return `Gain over the start, mean over tasks: ${signed(gain.difference)}${unit} of ${what}${interval}.`;
}

export const gainCaution = ({ document: { tuned } }: TunedSpecialists): string =>
  `Measured on the ${tuned.split} images that chose the parameters, so it flatters: other images have the word.`;

export const endingSentence = ({ endedBy, candidates }: TunedSpecialists): string => {
  const how = {
    search: 'the search came to its end',
    candidates: 'the budget of candidates was spent',
    seconds: 'the budget of time was spent',
    signal: 'it was stopped; this is the best so far',
  } as const;
  return `${candidates.length} ${candidates.length === 1 ? 'candidate' : 'candidates'} measured: ${how[endedBy]}.`;
};

const rowsShown = 8;

/** Prints the best candidates, the start among them, and what was gained. */
export function printTuned(out: Output, tuned: TunedSpecialists): void {
  const best = ranked(tuned).slice(0, rowsShown);
  if (!best.includes(tuned.start)) best.push(tuned.start);
  out.heading(`Best candidates of ${tuned.recipe.method} by ${soughtFor(tuned)} on ${tuned.document.tuned.split}`);
  out.table(
    candidateColumns(tuned),
    best.map((candidate) => candidateRow(tuned, candidate)),
  );
  out.line();
  out.line(endingSentence(tuned));
  out.line(gainSentence(tuned));
  out.line(gainCaution(tuned));
}
