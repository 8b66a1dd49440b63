import type { RegistryServiceImplementation } from '@medlego/contracts/rpc';
import type { RegistryServiceOptions } from '../create-registry-service.ts';
import { reportProgress } from '../report-progress.ts';

type Handlers = Pick<RegistryServiceImplementation, 'verifyArtifacts' | 'collectGarbage'>;

const everyMs = 200;

export const upkeepHandlers = ({ store }: RegistryServiceOptions): Handlers => ({
  async *verifyArtifacts({ ref }, { signal }) {
    const report = yield* reportProgress(everyMs, (onProgress: (bytes: Bytes) => void) =>
      store.verify({ ...(ref !== '' && { ref }), signal, onProgress }),
    );
    const { artifacts, blobs, bytes, problems } = report;
    const found = problems.map(({ file = '', ...problem }) => ({ ...problem, file }));
    yield { bytesDone: bytes, bytesTotal: bytes, done: true, artifacts, blobs, problems: found };
  },

  async collectGarbage({ delete: isReal, graceMs }) {
    const report = await store.gc({ dryRun: !isReal, ...(graceMs !== undefined && { graceMs }) });
    return { ...report, artifacts: [...report.artifacts], blobs: [...report.blobs] };
  },
});

interface Bytes {
  readonly bytesDone: number;
  readonly bytesTotal: number;
}
