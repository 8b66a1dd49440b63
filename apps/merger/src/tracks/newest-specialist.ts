import type { NameRecord, Registry } from '@medlego/registry';
import { changeEntry } from '@medlego/registry';

/** The newest specialist of a task on a backbone that was found fit to be merged. */
export interface NewestSpecialist {
  readonly task: string;
  /** Digest of the backbone's weights. */
  readonly backbone: string;
  readonly name: string;
  readonly version: number;
  readonly artifact: string;
  /** When it was published, ISO 8601 in UTC. */
  readonly at: string;
}

const under = (task: string) => `newest.${task}`;
const keyOf = ({ task, backbone }: NewestSpecialist) => `${under(task)}.${backbone.slice('sha256:'.length, 23)}`;

/** Remembers a specialist unless a newer one of its task is known. */
export async function rememberSpecialist({ documents }: Registry, specialist: NewestSpecialist): Promise<void> {
  await changeEntry<NewestSpecialist>(documents, keyOf(specialist), (current) =>
    !current || isNewer(specialist, current) ? specialist : current,
  );
}

/** The newest specialists of a task, one per backbone. */
export async function newestSpecialists({ documents }: Registry, task: string): Promise<NewestSpecialist[]> {
  return (await documents.list(under(task))).map(({ value }) => value as NewestSpecialist);
}

/** Under one name versions count; between names the time of publication does. */
function isNewer(a: NewestSpecialist, b: NewestSpecialist): boolean {
  if (a.name === b.name) return a.version > b.version;
  return a.at === b.at ? a.name > b.name : a.at > b.at;
}

/** Whether a version was refused. */
export const isRefused = ({ decisions }: NameRecord, version: number): boolean =>
  decisions.some((decision) => decision.outcome === 'refused' && decision.version === version);
