import type { EngineState } from '@medlego/engine';
import { NonFiniteLossError, StoppedError } from '@medlego/errors';
import { asFloat32, type HostTensor } from '@medlego/tensors';
import type { Checkpoint, EpochMetrics, EpochRecord, Position } from './checkpoint/checkpoint.ts';
import { compareRecords, type CheckpointFolder } from './checkpoint/checkpoint-folder.ts';
import type { TrainingReport } from './reports.ts';
import { createRateMeter } from './rate-meter.ts';
import { bestOf, hasLostPatience, isBetter, type Selector } from './select.ts';
import { parametersName, type TrainBatch, type TrainStep } from './train-step.ts';

export interface TrainLoopOptions {
  readonly step: TrainStep;
  /** Flat parameters [P] that a fresh run starts from. */
  readonly initial: HostTensor<'float32'>;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Batch of (epoch from 1, step from 0). Must depend on nothing else, or a resumed run ends differently. */
  readonly batchAt: (epoch: number, step: number) => TrainBatch | Promise<TrainBatch>;
  /** Learning rate of an update, from 0. */
  readonly learningRateAt: (update: number) => number;
  /** Validation metrics of the parameters that the state holds. */
  readonly evaluate: (state: EngineState) => Promise<EpochMetrics>;
  readonly selectBy: Selector;
  /** Whether the start is a candidate for the best epoch (epoch 0). */
  readonly startIsCandidate: boolean;
  readonly patience: number | null;
  /** What must agree for a checkpoint to be resumed. */
  readonly fingerprint: Checkpoint['fingerprint'];
  /** What should agree for the same bytes; a resume elsewhere gets a warning. */
  readonly environment: Checkpoint['environment'];
  readonly checkpoints: CheckpointFolder | null;
  readonly checkpointEverySeconds: number;
  readonly signal?: AbortSignal;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export interface TrainLoopResult {
  /** Flat parameters [P] of the best epoch. */
  readonly parameters: HostTensor<'float32'>;
  readonly best: EpochRecord;
  readonly history: readonly EpochRecord[];
  /** Updates done over the whole run, resumed parts included. */
  readonly updates: number;
  readonly stoppedEarly: boolean;
  /** Over the steps that this process did; null where it did none. */
  readonly imagesPerSecond: number | null;
}

/**
 * The training loop as an asynchronous generator: every step and every epoch is a report, the return value is the result.
 * After each epoch validation decides which parameters are kept. Checkpoints are written every `checkpointEverySeconds` and after
 * each epoch; with the same options a killed run goes on from the last one and ends with the same bytes. Leaving the iteration early
 * frees the engine's state and writes nothing.
 *
 * @throws NonFiniteLossError; StoppedError after the step in which the signal was aborted, with a checkpoint written;
 *   CheckpointMismatchError, CheckpointCorruptError on a resume
 */
export async function* runTrainLoop(options: TrainLoopOptions): AsyncGenerator<TrainingReport, TrainLoopResult> {
  const { step, epochs, stepsPerEpoch, checkpoints, selectBy, signal, now } = options;
  const loaded = (await checkpoints?.load(options.fingerprint)) ?? null;
  if (loaded?.warning) yield { type: 'warning', message: loaded.warning };
  const moved = loaded ? compareRecords(loaded.checkpoint.environment, options.environment) : [];
  if (moved.length)
    yield {
      type: 'warning',
      message: `Resumed in another place than it was begun (${moved.join('; ')}): the last digits of the result may differ.`,
    };

  const state = loaded ? await step.restoreState(loaded.checkpoint.state) : await step.createState(options.initial);
  try {
    let position: Position = loaded?.checkpoint.position ?? { epoch: 1, step: 0, updates: 0 };
    let best: Checkpoint['best'] = loaded?.checkpoint.best ?? null;
    const history: EpochRecord[] = [...(loaded?.checkpoint.history ?? [])];
    let running = loaded?.checkpoint.running ?? noSteps;
    const meter = createRateMeter(now);
    let savedAt = now();

    const isFinished = () => position.epoch > epochs || hasLostPatience(selectBy, history, options.patience);
    const save = async () => {
      if (!checkpoints) return null;
      await checkpoints.save({
        fingerprint: options.fingerprint,
        environment: options.environment,
        position,
        isFinished: isFinished(),
        state: await state.read(),
        best,
        history,
        running,
      });
      savedAt = now();
      return checkpoints.newest;
    };
    const stopIfAsked = async () => {
      if (!signal?.aborted) return;
      throw new StoppedError({ epoch: position.epoch, step: position.step, checkpoint: await save() });
    };
    /** Looks at validation and keeps the parameters if they are the best so far. */
    const conclude = async (record: Omit<EpochRecord, 'val'>, isCandidate: boolean) => {
      const whole: EpochRecord = { ...record, val: await options.evaluate(state) };
      const before = bestOf(selectBy, history);
      const isBest = isCandidate && (before < 0 || isBetter(selectBy, whole.val, history[before]!.val));
      if (isBest) best = { epoch: record.epoch, parameters: await readParameters(state) };
      if (isCandidate) history.push(whole);
      return { type: 'epoch', epochs, ...whole, isBest } as const;
    };

    if (loaded) yield { type: 'resumed', file: loaded.file, epoch: position.epoch, step: position.step };
    else yield await conclude({ epoch: 0, trainLoss: null, penalty: null }, options.startIsCandidate);

    while (!isFinished()) {
      await stopIfAsked();
      const { epoch } = position;
      while (position.step < stepsPerEpoch) {
        const batch = await options.batchAt(epoch, position.step);
        const learningRate = options.learningRateAt(position.updates);
        const losses = await step.run(batch, { learningRate, update: position.updates + 1 }, state);
        if (!Number.isFinite(losses.loss) || !Number.isFinite(losses.gradientNorm))
          throw new NonFiniteLossError({
            epoch,
            step: position.step + 1,
            loss: String(losses.loss),
            gradientNorm: String(losses.gradientNorm),
            learningRate,
          });
        position = { epoch, step: position.step + 1, updates: position.updates + 1 };
        running = {
          steps: running.steps + 1,
          loss: running.loss + losses.loss,
          penalty: running.penalty + losses.penalty,
        };
        meter.add(batch.count);
        const left = (epochs - epoch + 1) * stepsPerEpoch - position.step;
        yield {
          type: 'step',
          epoch,
          epochs,
          step: position.step,
          stepsPerEpoch,
          ...losses,
          learningRate,
          imagesPerSecond: meter.recent(),
          etaSeconds: left * meter.secondsPerStep(),
        };
        await stopIfAsked();
        if (checkpoints && position.step < stepsPerEpoch && now() - savedAt >= options.checkpointEverySeconds * 1000) {
          await save();
          yield { type: 'checkpoint', file: checkpoints.newest, epoch, step: position.step };
          meter.pause();
        }
      }
      const report = await conclude(
        { epoch, trainLoss: running.loss / running.steps, penalty: running.penalty / running.steps },
        true,
      );
      running = noSteps;
      position = { epoch: epoch + 1, step: 0, updates: position.updates };
      if (await save()) yield { type: 'checkpoint', file: checkpoints!.newest, epoch, step: stepsPerEpoch };
      yield report;
      meter.pause();
    }

    const index = bestOf(selectBy, history);
    return {
      parameters: best!.parameters,
      best: history[index]!,
      history,
      updates: position.updates,
      stoppedEarly: position.epoch <= epochs,
      imagesPerSecond: meter.overall(),
    };
  } finally {
    await state.dispose();
  }
}

const noSteps: Checkpoint['running'] = { steps: 0, loss: 0, penalty: 0 };

async function readParameters(state: EngineState): Promise<HostTensor<'float32'>> {
  const parameters = asFloat32(parametersName, (await state.read())[parametersName]!);
  // A copy: what an engine hands out may be its own buffer.
  return { ...parameters, data: parameters.data.slice() };
}
