import type { RunFilter as FilterMessage } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import { runKinds, runStates, type RunFilter, type RunKind as Kind } from '@medlego/registry';
import { kindMessages, stateMessages } from './run-message.ts';

/** The filter of a request, over runs of every kind. @throws InvalidValueError */
export function toRunFilter(filter: FilterMessage | undefined): RunFilter {
  if (!filter) return {};
  const { ids, kinds, states, sweep, labels } = filter;
  return {
    ...(ids.length > 0 && { ids }),
    ...(kinds.length > 0 && { kinds: kinds.map((kind) => named('filter.kinds', runKinds, kindMessages, kind)) }),
    ...(states.length > 0 && {
      states: states.map((state) => named('filter.states', runStates, stateMessages, state)),
    }),
    ...(sweep !== '' && { sweep }),
    labels,
  };
}

/** The filter of a request to a service that has runs of one kind. @throws InvalidValueError */
export function toKindFilter(kind: Kind, filter: FilterMessage | undefined): RunFilter {
  const { kinds, ...rest } = toRunFilter(filter);
  if (kinds?.some((wanted) => wanted !== kind))
    throw new InvalidValueError({ field: 'filter.kinds', expected: `${kind} or none`, actual: kinds.join(', ') });
  return { kinds: [kind], ...rest };
}

function named<Name extends string>(
  field: string,
  names: readonly Name[],
  messages: Readonly<Record<Name, number>>,
  sent: number,
): Name {
  const found = names.find((name) => messages[name] === sent);
  if (!found) throw new InvalidValueError({ field, expected: names.join(', '), actual: sent });
  return found;
}
