import type { KeptLog, LogArchive } from '@medlego/jobs';
import { changeEntry, toSegment, type Registry } from '@medlego/registry';

/** Of a task the logs of so many pods, the first and the newest; all of them fit one message of the broker. */
const mostPods = 4;

interface Kept {
  readonly logs: readonly KeptLog[];
}

/** Keeps logs of Jobs as documents of the registry, where every replica finds them. */
export function registryLogArchive({ documents }: Pick<Registry, 'documents'>): LogArchive {
  const keyOf = (job: string, index: number) => `log.${toSegment(job)}.${index}`;
  return {
    async keep(job, index, log) {
      await changeEntry<Kept>(documents, keyOf(job, index), (current) => {
        const logs = current?.logs ?? [];
        if (current && logs.some(({ pod }) => pod === log.pod)) return current;
        const sorted = [...logs, log].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
        const [first, ...others] = sorted;
        return { logs: sorted.length <= mostPods ? sorted : [first!, ...others.slice(1 - mostPods)] };
      });
    },
    async read(job, index) {
      return ((await documents.get(keyOf(job, index)))?.value as Kept | undefined)?.logs ?? [];
    },
  };
}
