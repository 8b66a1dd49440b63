import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RegistryDefinition, TrainingDefinition } from '@medlego/contracts/rpc';
import { createRegistryService, registryScopes } from '@medlego/registry-service';
import { rpcService } from '@medlego/rpc';
import { openJobs, registryLogArchive, serveApp } from '@medlego/service';
import { createClaims } from './claims.ts';
import { trainingScopes } from './scopes.ts';
import { createTrainer } from './trainer.ts';

export interface ServeTrainerOptions {
  /** What local Jobs run. Default: this app's own. */
  readonly program?: string;
}

/** Training and the Registry on one port: what a Job needs is at one address. */
export const serveTrainer = ({
  program = fileURLToPath(new URL('main.ts', import.meta.url)),
}: ServeTrainerOptions = {}): Promise<number> =>
  serveApp({
    app: 'trainer',
    build: async ({ config, bus, registry, store, onProblem }) => {
      const { jobs, job } = await openJobs({
        config,
        onProblem,
        logs: registryLogArchive(registry),
        command: ({ args }) => ({ file: process.execPath, args: [...process.execArgv, program, ...args] }),
      });
      // Jobs of a cluster have the run's name, so there are no two; child processes are each replica's own.
      const claims =
        config.MEDLEGO_JOBS === 'local'
          ? createClaims({ documents: registry.documents, owner: ownerOf(config.MEDLEGO_HOME), onProblem })
          : undefined;
      const trainer = createTrainer({ bus, registry, store, jobs, job, onProblem, ...(claims && { claims }) });
      return {
        services: [
          rpcService(TrainingDefinition, trainer.service, { scopes: trainingScopes }),
          rpcService(RegistryDefinition, createRegistryService({ bus, registry, store }), { scopes: registryScopes }),
        ],
        start: () => {
          claims?.start();
          trainer.start();
        },
        close: async () => {
          await trainer.close();
          await claims?.close();
          await jobs.close();
        },
      };
    },
  });

/** The replica whose Jobs are in this folder of this machine. */
const ownerOf = (home: string): string =>
  createHash('sha256')
    .update(`${hostname()}\n${resolve(home)}`)
    .digest('hex')
    .slice(0, 16);
