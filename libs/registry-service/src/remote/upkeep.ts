import type { ArtifactStore, Problem, ProblemKind, VerifyReport } from '@medlego/artifacts';
import { throwIfStopped } from '@medlego/async';
import type { RegistryClient, VerifyArtifactsResponse } from '@medlego/contracts/rpc';
import { ServiceUnavailableError } from '@medlego/errors';
import type { Digest } from '@medlego/tensors';

type Upkeep = Pick<ArtifactStore, 'verify' | 'gc'>;

/** Verifying and collecting happen where the store is. */
export const remoteUpkeep = (client: RegistryClient, address: string): Upkeep => ({
  async verify({ ref = '', signal, onProgress } = {}) {
    throwIfStopped(signal, 'verify');
    for await (const message of client.verifyArtifacts({ ref }, signal ? { signal } : {})) {
      const { bytesDone, bytesTotal, done } = message;
      onProgress?.({ bytesDone, bytesTotal });
      if (done) return toReport(message);
    }
    throw new ServiceUnavailableError({ address, reason: 'the answer broke off' });
  },

  async gc({ dryRun = true, graceMs } = {}) {
    const report = await client.collectGarbage({ delete: !dryRun, ...(graceMs !== undefined && { graceMs }) });
    return { ...report, artifacts: report.artifacts as Digest[], blobs: report.blobs as Digest[] };
  },
});

const toReport = ({ artifacts, blobs, bytesTotal, problems }: VerifyArtifactsResponse): VerifyReport => ({
  artifacts,
  blobs,
  bytes: bytesTotal,
  problems: problems.map(({ kind, file, ...rest }): Problem => ({
    kind: kind as ProblemKind,
    ...(file !== '' && { file }),
    ...rest,
  })),
});
