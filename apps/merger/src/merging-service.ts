import { requireScope, type Scope } from '@medlego/access';
import type { MergingServiceImplementation, Track } from '@medlego/contracts/rpc';
import { describeMethods } from '@medlego/merging';
import { callerOf } from '@medlego/rpc';
import { createRunQueries, listTracks, putTrack, toRunMessage, type TrackDocument } from '@medlego/run-service';
import { submitMerge, type SubmitMergeOptions } from './submit-merge.ts';
import { toTrackDocument, toTrackMessage } from './tracks/track-message.ts';

export interface MergingServiceOptions extends SubmitMergeOptions {
  /** Told of each run that somebody changed here. */
  readonly onChange: (id: string) => void;
  /** Told of each generalist that follows other tasks from now on, or another way. */
  readonly onTrack: (track: TrackDocument) => Promise<void>;
}

/** What each method asks of its caller. A generalist that promotes itself asks for `promote` too. */
export const mergingScopes = {
  submitMerge: 'merge',
  getMerge: 'read',
  listMerges: 'read',
  cancelMerge: 'merge',
  watchMerges: 'read',
  listMergeMethods: 'read',
  trackTasks: 'merge',
  listTracks: 'read',
} as const satisfies Readonly<Record<keyof MergingServiceImplementation, Scope>>;

/** Merging over gRPC. Methods throw AppErrors; the server makes statuses of them. */
export function createMergingService(options: MergingServiceOptions): MergingServiceImplementation {
  const { registry, onChange, onTrack } = options;
  const queries = createRunQueries({ kind: 'merging', ...options });
  return {
    async submitMerge(request) {
      const run = await submitMerge(request, options);
      onChange(run.id);
      return { run: toRunMessage(run) };
    },
    getMerge: (request) => queries.get(request),
    listMerges: (request) => queries.list(request),
    cancelMerge: (request) => queries.cancel(request),
    watchMerges: (request, context) => queries.watch(request, context),
    async listMergeMethods() {
      const methods = describeMethods().map(({ id, title, source, spaces, params, needs }) => ({
        id,
        title,
        source,
        paramsSchemaJson: JSON.stringify(params),
        needsData: needs.length > 0,
        spaces: [...spaces],
      }));
      return { methods };
    },
    async trackTasks({ track }, context) {
      const document = toTrackDocument(track);
      if (document.autoPromote) requireScope(callerOf(context), 'promote');
      const stored = await putTrack(registry, document, expectedRevision(track!));
      await onTrack(stored);
      return { track: toTrackMessage(stored) };
    },
    async listTracks() {
      return { tracks: (await listTracks(registry)).map(toTrackMessage) };
    },
  };
}

/** A client that read a track sends its revision back, so that it replaces nothing that it has not seen. */
const expectedRevision = ({ revision }: Track): number | undefined => (revision === 0 ? undefined : revision);
