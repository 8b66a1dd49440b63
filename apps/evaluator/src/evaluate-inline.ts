import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { throwIfStopped } from '@medlego/async';
import type { Dataset } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import type { Run } from '@medlego/registry';
import type { ExecuteContext } from '@medlego/run-service';
import type { Task } from '@medlego/tasks';
import { evaluateArtifact, evaluationDocument, keepEvaluation, openBackboneByDigest } from '@medlego/workflows';
import { specOf } from './evaluation-spec.ts';
import { findTestData } from './find-test-data.ts';

export interface InlineEvaluationOptions {
  readonly store: ArtifactStore;
  /** Computes features; opened by the first evaluation. */
  readonly engine: () => Promise<Engine>;
  /** Folders that hold backbones which are not in the store. */
  readonly modelFolders?: readonly string[];
  /** Finds the images of a task, given the specialist that was trained on them. Default: in the store. */
  readonly dataFor?: (task: Task, specialist: StoredArtifact) => Promise<Dataset>;
}

/** Computes an evaluation run; the digest of its report, which is complete in the store. */
export type Evaluate = (
  run: Pick<Run, 'id' | 'attempts' | 'spec'>,
  context: Pick<ExecuteContext, 'signal' | 'progress'>,
) => Promise<string>;

/** Evaluates in this process. */
export function evaluateInline(options: InlineEvaluationOptions): Evaluate {
  const { store, modelFolders = [], dataFor = (task, specialist) => findTestData(store, task, specialist) } = options;
  return async (run, { signal, progress }) => {
    const { artifact, split, against } = specOf(run);
    const subject = await store.get(artifact, { kind: ['specialist', 'generalist'] });
    const backbone = await openBackboneByDigest(store, subject.manifest.backbone!, modelFolders);
    const result = await evaluateArtifact({
      engine: await options.engine(),
      store,
      backbone,
      ref: artifact,
      split,
      against,
      dataFor: (task, specialist) => {
        throwIfStopped(signal, 'The evaluation');
        return dataFor(task, specialist);
      },
      onTask: (task, index, count) => void progress({ fraction: index / count, message: task }),
    });
    throwIfStopped(signal, 'The evaluation');
    return (await keepEvaluation(store, subject, evaluationDocument(result))).digest;
  };
}
