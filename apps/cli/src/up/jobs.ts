import { join, resolve } from 'node:path';
import { signingVariables } from '@medlego/artifacts';
import type { JobSpec, LocalCommand } from '@medlego/jobs';
import type { JobDoor } from './job-door.ts';

const apps = join(import.meta.dirname, '..', '..', '..');

/** The program of a Job: the app's own, as in a container. How it reaches the services is not kept with the Job. */
export const jobCommand =
  ({ port, token }: JobDoor) =>
  ({ app, args }: JobSpec): LocalCommand => ({
    file: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', join(apps, app, 'src', 'main.ts'), ...args],
    env: { MEDLEGO_ADDRESS: `127.0.0.1:${port}`, MEDLEGO_TOKEN: token, ...signingKeys() },
  });

/** Jobs sign, and trust, as this process does. */
const signingKeys = (): Record<string, string> =>
  Object.fromEntries(
    signingVariables.flatMap((name) => {
      const value = process.env[name];
      return value
        ? [
            [
              name,
              value
                .split(',')
                .map((path) => resolve(path.trim()))
                .join(','),
            ],
          ]
        : [];
    }),
  );

export interface JobSettings {
  readonly home: string;
  readonly threads: number | undefined;
  readonly device: 'cpu' | 'cuda';
  /** That all Jobs take together. */
  readonly cores: number;
}

/** What every Job gets: as many cores as it has threads, so that Jobs do not take turns within a core. */
export const jobTemplate = ({ home, threads, device, cores }: JobSettings) => ({
  env: {
    MEDLEGO_HOME: home,
    MEDLEGO_STORE: home,
    MEDLEGO_DEVICE: device,
    ...(threads !== undefined && { MEDLEGO_THREADS: String(threads) }),
  } as Record<string, string>,
  resources: { cores: Math.min(threads ?? cores, cores), memoryMb: 2048, gpus: device === 'cuda' ? 1 : 0 },
  graceSeconds: 60,
  maxAttempts: 3,
});
