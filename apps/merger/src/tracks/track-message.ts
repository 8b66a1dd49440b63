import { assertName } from '@medlego/artifacts';
import type { Track } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import type { TrackAt, TrackDocument } from '@medlego/run-service';
import { checkRecipe } from '../check-recipe.ts';

const taskPattern = /^[a-z0-9][a-z0-9_-]{0,99}$/;
const maxTasks = 256;

/** A track as it was sent, checked. @throws as `assertName` and `checkRecipe`; InvalidValueError naming the field */
export function toTrackDocument(track: Track | undefined): TrackDocument {
  if (!track) throw new InvalidValueError({ field: 'track', expected: 'a track', actual: 'none' });
  const { generalist, tasks, recipe, autoPromote } = track;
  assertName(generalist);
  if (tasks.length > maxTasks)
    throw new InvalidValueError({ field: 'track.tasks', expected: `at most ${maxTasks}`, actual: tasks.length });
  for (const [index, task] of tasks.entries()) {
    if (!taskPattern.test(task) || tasks.indexOf(task) !== index)
      throw new InvalidValueError({
        field: `track.tasks.${index}`,
        expected: 'a name of lower-case letters, digits, "-" and "_" that comes once',
        actual: JSON.stringify(task.slice(0, 120)),
      });
  }
  if (tasks.length === 0)
    return { generalist, tasks, recipe: { method: '', params: {}, space: null }, autoPromote: false };
  if (recipe && recipe.members.length > 0)
    throw new InvalidValueError({
      field: 'track.recipe.members',
      expected: 'none: they follow from the tasks',
      actual: recipe.members.length,
    });
  return { generalist, tasks: tasks.toSorted(), recipe: checkRecipe(recipe), autoPromote };
}

/** A track as it is sent. */
export const toTrackMessage = ({ generalist, tasks, recipe, autoPromote, revision }: TrackAt): Track => ({
  generalist,
  tasks: [...tasks],
  recipe: {
    method: recipe.method,
    paramsJson: JSON.stringify(recipe.params),
    members: [],
    space: recipe.space ?? '',
    refitHeads: false,
  },
  autoPromote,
  revision,
});
