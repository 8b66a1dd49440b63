import type { ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import type { MergingServiceImplementation } from '@medlego/contracts/rpc';
import type { Registry } from '@medlego/registry';
import {
  createRunExecutor,
  listTracks,
  putTrack,
  startConsuming,
  type RunExecutorOptions,
  type TrackDocument,
} from '@medlego/run-service';
import { executeMerge } from './execute-merge.ts';
import { createMergingService } from './merging-service.ts';
import { publishGeneralist } from './publish-generalist.ts';
import { considerKnown, considerSpecialist } from './tracks/consider-specialist.ts';
import { planNumber, updateGeneralist } from './tracks/plan.ts';
import { specOf } from './merge-spec.ts';

export interface MergerOptions extends Pick<RunExecutorOptions, 'concurrency' | 'leaseMs' | 'everyMs'> {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  /** Folders that hold backbones which are not in the store. */
  readonly modelFolders?: readonly string[];
  /** Told of what failed in the background, with the run or generalist that it was about; it is tried again. */
  readonly onProblem: (error: unknown, about: string | null) => void;
}

/** Merges what is asked for, and generalists that follow tasks by itself. Replicas share registry, bus and store. */
export interface Merger extends AsyncDisposable {
  readonly service: MergingServiceImplementation;
  /** Lets a generalist follow tasks, as `TrackTasks` does; saying it again changes nothing. */
  track(track: TrackDocument): Promise<void>;
  /** Begins to take runs and to follow specialists. */
  start(): void;
  /** Stops. Bus, registry and store stay open: they are the caller's. */
  close(): Promise<void>;
}

export function createMerger(options: MergerOptions): Merger {
  const { bus, registry, onProblem, everyMs = 30_000 } = options;
  const executor = createRunExecutor({
    ...options,
    kind: 'merging',
    async execute(run, { cancel }) {
      const { plan } = specOf(run);
      if (plan !== null && (await planNumber(registry, run.name)) !== plan)
        cancel(`A newer merge of ${run.name} took its place.`);
      return executeMerge(run, options);
    },
    before: (run) => publishGeneralist(run, options),
  });

  const update = async (generalist: string) => {
    const run = await updateGeneralist(generalist, options);
    if (run) executor.add(run.id);
  };
  const updateAll = async () => {
    try {
      for (const { generalist } of await listTracks(registry)) await update(generalist);
    } catch (error) {
      onProblem(error, null);
    }
  };

  let specialists: { close(): Promise<void> } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let passing: Promise<void> = Promise.resolve();
  let isClosed = false;
  const close = async () => {
    isClosed = true;
    clearInterval(timer);
    await specialists?.close();
    await passing;
    await executor.close();
  };
  const followed = new Map<string, number>();
  const onTrack = async ({ generalist, tasks }: TrackDocument) => {
    await considerKnown(tasks, options);
    await update(generalist);
  };
  return {
    service: createMergingService({ ...options, onChange: (id) => executor.add(id), onTrack }),
    async track(document) {
      const stored = await putTrack(registry, document);
      if (followed.get(stored.generalist) === stored.revision) return;
      await onTrack(stored);
      followed.set(stored.generalist, stored.revision);
    },
    start() {
      if (specialists || isClosed) return;
      executor.start();
      specialists = startConsuming(
        bus,
        {
          durable: 'merger-specialists',
          types: ['specialist.published'],
          async handler({ data, time }) {
            await considerSpecialist({ ...data, time }, options);
            for (const { generalist, tasks } of await listTracks(registry))
              if (tasks.includes(data.task)) await update(generalist);
          },
        },
        (error) => onProblem(error, null),
      );
      const pass = () => void (passing = passing.then(updateAll));
      pass();
      timer = setInterval(pass, everyMs);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
