import { fileURLToPath } from 'node:url';
import { RegistryDefinition, TrainingDefinition } from '@medlego/contracts/rpc';
import { createRegistryService, registryScopes } from '@medlego/registry-service';
import { rpcService } from '@medlego/rpc';
import { openJobs, registryLogArchive, serveApp } from '@medlego/service';
import { trainingScopes } from './scopes.ts';
import { createTrainer } from './trainer.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));

/** Training and the Registry on one port: what a Job needs is at one address. */
export const serveTrainer = (): Promise<number> =>
  serveApp({
    app: 'trainer',
    build: async ({ config, bus, registry, store, onProblem }) => {
      const { jobs, job } = await openJobs({
        config,
        onProblem,
        logs: registryLogArchive(registry),
        command: ({ args }) => ({ file: process.execPath, args: [...process.execArgv, program, ...args] }),
      });
      const trainer = createTrainer({ bus, registry, store, jobs, job, onProblem });
      return {
        services: [
          rpcService(TrainingDefinition, trainer.service, { scopes: trainingScopes }),
          rpcService(RegistryDefinition, createRegistryService({ bus, registry, store }), { scopes: registryScopes }),
        ],
        start: () => trainer.start(),
        close: async () => {
          await trainer.close();
          await jobs.close();
        },
      };
    },
  });
