import { isDeepStrictEqual } from 'node:util';
import { RevisionConflictError } from '@medlego/errors';
import { changeEntry, toSegment, type Json, type Registry } from '@medlego/registry';

/** A generalist that follows tasks: each new specialist of one leads to a new merge. */
export interface TrackDocument {
  readonly generalist: string;
  /** Sorted; none ends the track. */
  readonly tasks: readonly string[];
  readonly recipe: {
    readonly method: string;
    readonly params: { readonly [name: string]: Json };
    readonly space: string | null;
  };
  /** A version that passes the gate is promoted without anybody asking. */
  readonly autoPromote: boolean;
}

export type TrackAt = TrackDocument & { readonly revision: number };

const under = 'track';
const keyOf = (generalist: string) => `${under}.${toSegment(generalist)}`;

/** What a generalist follows; null if it follows nothing. */
export async function readTrack({ documents }: Registry, generalist: string): Promise<TrackAt | null> {
  const entry = await documents.get(keyOf(generalist));
  const track = entry && { ...(entry.value as TrackDocument), revision: entry.revision };
  return track && track.tasks.length > 0 ? track : null;
}

/** All generalists that follow tasks, by name. */
export async function listTracks({ documents }: Registry): Promise<TrackAt[]> {
  const entries = await documents.list(under);
  const tracks = entries.map(({ value, revision }) => ({ ...(value as TrackDocument), revision }));
  return tracks.filter(({ tasks }) => tasks.length > 0);
}

/**
 * Replaces what a generalist follows.
 * @param expected the revision that it has to have; undefined for any
 * @throws RevisionConflictError
 */
export async function putTrack({ documents }: Registry, track: TrackDocument, expected?: number): Promise<TrackAt> {
  const key = keyOf(track.generalist);
  const refuse = (actual: number | undefined) => {
    throw new RevisionConflictError({ key, expected: `revision ${expected}`, actual: String(actual ?? 'none') });
  };
  if (expected !== undefined) {
    const revision = await documents.update(key, track, expected);
    return revision === undefined ? refuse((await documents.get(key))?.revision) : { ...track, revision };
  }
  const { revision } = await changeEntry<TrackDocument>(documents, key, (current) =>
    isDeepStrictEqual(current, track) ? current! : track,
  );
  return { ...track, revision };
}
