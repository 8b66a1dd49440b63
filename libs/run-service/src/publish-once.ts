import { NameNotFoundError, RevisionConflictError } from '@medlego/errors';
import type { NameRecordAt, NameRegistry, PublishedVersion } from '@medlego/registry';

export interface PublishOnceOptions {
  /** Who publishes; one publisher gives a name one version, however often it repeats itself. */
  readonly by: string;
  /** Asked before each try, after the name was read: false publishes nothing. What changes meanwhile is noticed. */
  readonly isWanted?: () => Promise<boolean>;
}

/**
 * Appends a version to a name, once per publisher: a repeat after others have published gives back the version of the first time.
 * @returns null if it is not wanted any more
 */
export async function publishOnce(
  names: NameRegistry,
  kind: string,
  name: string,
  digest: string,
  { by, isWanted }: PublishOnceOptions,
): Promise<PublishedVersion | null> {
  for (;;) {
    const record = await findName(names, kind, name);
    const before = record?.versions.findLast((version) => version.by === by && version.digest === digest);
    if (before) return before;
    if (isWanted && !(await isWanted())) return null;
    try {
      return await names.publish(kind, name, digest, { by, expected: record?.versions.at(-1)?.digest ?? null });
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error; // somebody else published: look again
    }
  }
}

/** A name's record; null for a name that nobody has published under. */
export async function findName(names: NameRegistry, kind: string, name: string): Promise<NameRecordAt | null> {
  try {
    return await names.get(kind, name);
  } catch (error) {
    if (error instanceof NameNotFoundError) return null;
    throw error;
  }
}
