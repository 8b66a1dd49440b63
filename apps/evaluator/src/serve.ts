import { fileURLToPath } from 'node:url';
import { EvaluationDefinition } from '@medlego/contracts/rpc';
import { rpcService } from '@medlego/rpc';
import { openJobs, registryLogArchive, serveApp } from '@medlego/service';
import { evaluateInJob } from './evaluate-in-job.ts';
import { evaluationScopes } from './evaluation-service.ts';
import { createEvaluator } from './evaluator.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));

/** Evaluation, on a broker; what is measured is measured in Jobs. */
export const serveEvaluator = (): Promise<number> =>
  serveApp({
    app: 'evaluator',
    build: async ({ config, bus, registry, store, onProblem }) => {
      const { jobs, job } = await openJobs({
        config,
        onProblem,
        logs: registryLogArchive(registry),
        command: ({ args }) => ({ file: process.execPath, args: [...process.execArgv, program, ...args] }),
      });
      const evaluate = evaluateInJob({ jobs, job });
      const evaluator = createEvaluator({ bus, registry, store, evaluate, onProblem });
      return {
        services: [rpcService(EvaluationDefinition, evaluator.service, { scopes: evaluationScopes })],
        start: () => evaluator.start(),
        close: async () => {
          await evaluator.close();
          await jobs.close();
        },
      };
    },
  });
