import type { ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import type { EvaluationServiceImplementation } from '@medlego/contracts/rpc';
import type { Registry, Run } from '@medlego/registry';
import { createRunExecutor, startConsuming, type RunExecutorOptions } from '@medlego/run-service';
import type { Evaluate } from './evaluate-inline.ts';
import { specOf } from './evaluation-spec.ts';
import { createEvaluationService } from './evaluation-service.ts';
import { applyGate } from './gate/apply-gate.ts';
import { defaultGatePolicy, type GatePolicy } from './gate/decide-gate.ts';
import { submitGate } from './submit-evaluation.ts';

export interface EvaluatorOptions extends Pick<RunExecutorOptions, 'concurrency' | 'leaseMs' | 'everyMs'> {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  /** Computes a run, such as `evaluateInline`. */
  readonly evaluate: Evaluate;
  /** Default: no task loses more than 2 points of AUC, none falls below its probe. */
  readonly policy?: GatePolicy;
  /** Who promotes and refuses, as histories keep it. Default: `evaluator`. */
  readonly by?: string;
  /** Told of what failed in the background, with the run that it was about; it is tried again. */
  readonly onProblem: (error: unknown, run: string | null) => void;
}

/** Evaluates what is asked for and every generalist that was merged, and decides what is served. Replicas share registry, bus and store. */
export interface Evaluator extends AsyncDisposable {
  readonly service: EvaluationServiceImplementation;
  /** Begins to take runs and to follow merges. */
  start(): void;
  /** Stops. Bus, registry and store stay open: they are the caller's. */
  close(): Promise<void>;
}

export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const { bus, evaluate, onProblem, policy = defaultGatePolicy, by = 'evaluator' } = options;
  const executor = createRunExecutor({
    ...options,
    kind: 'evaluation',
    execute: evaluate,
    async before(run) {
      await announceReport(run, bus);
      await applyGate(run, { ...options, policy, by });
    },
  });
  let merges: { close(): Promise<void> } | undefined;
  let isClosed = false;
  const close = async () => {
    isClosed = true;
    await merges?.close();
    await executor.close();
  };
  return {
    service: createEvaluationService({ ...options, policy, onChange: (id) => executor.add(id) }),
    start() {
      if (merges || isClosed) return;
      executor.start();
      merges = startConsuming(
        bus,
        {
          durable: 'evaluator-merges',
          types: ['generalist.merged'],
          handler: async ({ data }) => executor.add((await submitGate(data, options)).id),
        },
        (error) => onProblem(error, null),
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function announceReport(run: Run, bus: Bus): Promise<void> {
  if (run.state !== 'succeeded') return;
  const { artifact, split } = specOf(run);
  const data = { report: run.artifact!, artifact, split, run: run.id };
  await bus.publish({ type: 'report.published', about: run.name, id: `${run.id}-report`, data });
}
