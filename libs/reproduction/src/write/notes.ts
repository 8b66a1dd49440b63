import { percent } from '@medlego/report';
import { points } from './format.ts';
import type { ResultsDocument } from './results-document.ts';

/** What stands under every table: leaks, tasks that say nothing about a merge, licences, how and where it was made. */
export function notesOf(document: ResultsDocument): string[] {
  const { leaks, sorts, tasks, made, rows, failed } = document;
  const leaked = leaks.filter(
    ({ trainVal, trainTest, valTest, conflicts }) => trainVal + trainTest + valTest + conflicts > 0,
  );
  const restricted = tasks.filter(({ nonCommercial }) => nonCommercial).map(({ title }) => title);
  return [
    ...failed.map(
      ({ row, sort, seed, error }) => `Missing: ${row}${sort === null ? '' : ` (${sort})`}, seed ${seed}: ${error}`,
    ),
    ...Object.values(sorts).flatMap(({ title, gains }) => {
      if (gains.length === 0) return [];
      const beat = gains.filter(({ beatsProbe }) => beatsProbe);
      const not = gains.filter(({ beatsProbe }) => !beatsProbe);
      const titleOf = (name: string) => tasks.find(({ task }) => task === name)?.title ?? name;
      const list = (of: typeof gains) => of.map(({ task, value }) => `${titleOf(task)} (${points(value)})`).join(', ');
      const intro = `${title}: the specialist beats its solved probe (paired 95 % interval above 0)`;
      if (beat.length === 0)
        return [`${intro} on no task (${list(not)}), so there is no gain that a merge could keep.`];
      const rest = not.length === 0 ? '' : ` Not on ${list(not)}: they say nothing about what a merge keeps.`;
      return [`${intro} on ${list(beat)}; gain kept is taken over these.${rest}`];
    }),
    leaked.length === 0
      ? 'Leak check: no image is in two splits of its task.'
      : `Leak check (images in two splits): ${leaked.map(({ task, trainVal, trainTest, valTest, conflicts }) => `${task} train/val ${trainVal}, train/test ${trainTest}, val/test ${valTest}${conflicts ? `, ${conflicts} sets of equal images with different labels` : ''}`).join('; ')}. All other tasks: none.`,
    ...(rows.some(({ method }) => method === 'all_zeros')
      ? [
          'Accuracy of a multi-label task is per label; an answer of all zeros earns what its own row says, so AUC is read first.',
        ]
      : []),
    'p is two-sided, against Med-LEGO of the same specialists on the same images and seeds, by the standard error of the paired bootstrap (images and seeds), Holm-corrected over all rows.',
    'AUC is the unweighted mean over the classes that have cases in the sample.',
    `Test images: ${tasks.map(({ title, n }) => `${title} ${n}`).join(', ')}.`,
    `Licences: ${tasks.map(({ title, licence }) => `${title} ${licence}`).join('; ')}.${restricted.length > 0 ? ` Because of ${restricted.join(', ')} merged models are for non-commercial use only.` : ''}`,
    `Majority class, mean accuracy: ${percent(rows.find(({ method }) => method === 'majority')?.mean)} %.`,
    `Backbone ${made.backbone.name} ${made.backbone.digest}.`,
    `${made.machine}; ${Object.entries(made.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}; ${made.seconds.toFixed(0)} s.`,
    'Not for clinical use.',
  ];
}
