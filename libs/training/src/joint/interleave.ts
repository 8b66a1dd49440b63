import { permutation } from '@medlego/data';
import { InvalidValueError } from '@medlego/errors';

/** Stream number of the order of tasks in data's counter-based random numbers, beside its own 1 to 3. */
const taskOrderStream = 17;

export interface InterleaveOptions {
  /** Batches of one pass over each task's images. */
  readonly passes: readonly number[];
  readonly seed: number;
  /** Steps of a task per epoch are proportional to its passes to the power of 1 / temperature; 1: every image once per epoch. */
  readonly temperature?: number;
}

export interface InterleavedStep {
  /** Position of the task in the list. */
  readonly task: number;
  /** Which pass over the task's images, from 1, and which batch of it, from 0. */
  readonly pass: number;
  readonly step: number;
}

/** Which task each step of a joint run trains. A pure function of (epoch, step), so a resumed run needs to remember nothing of it. */
export interface Interleaving {
  readonly stepsPerEpoch: number;
  /** Steps of each task in one epoch. */
  readonly stepsOf: readonly number[];
  /** @param epoch from 1 @param step from 0 */
  at(epoch: number, step: number): InterleavedStep;
}

/**
 * One task per step, in a random order that is new in every epoch. An epoch has as many steps as one pass over all tasks, and every
 * task has at least one. A task whose share is not a whole pass goes on in the next epoch where it stopped.
 * Source of the temperature: Raffel et al. 2020, arXiv 1910.10683, section 3.5.2.
 *
 * @throws InvalidValueError for a temperature below 1
 */
export function createInterleaving({ passes, seed, temperature = 1 }: InterleaveOptions): Interleaving {
  if (!(temperature >= 1))
    throw new InvalidValueError({ field: 'taskTemperature', expected: 'a number from 1', actual: temperature });
  const total = passes.reduce((sum, steps) => sum + steps, 0);
  const rates = passes.map((steps) => steps ** (1 / temperature));
  const rateSum = rates.reduce((sum, rate) => sum + rate, 0);
  const stepsOf =
    temperature === 1 ? [...passes] : rates.map((rate) => Math.max(1, Math.round((total * rate) / rateSum)));
  const slots = stepsOf.flatMap((count, task) => Array.from({ length: count }, () => task));

  let order: { readonly epoch: number; readonly rows: Uint32Array; readonly visits: Uint32Array } | undefined;
  const orderOf = (epoch: number) => {
    if (order?.epoch === epoch) return order;
    const rows = permutation(slots.length, seed, taskOrderStream, epoch);
    // The n-th time that a task's turn comes takes its n-th batch: the permutation decides the order of tasks alone.
    const seen = new Uint32Array(passes.length);
    const visits = Uint32Array.from(rows, (row) => seen[slots[row]!]!++);
    order = { epoch, rows, visits };
    return order;
  };

  return {
    stepsPerEpoch: slots.length,
    stepsOf,
    at(epoch, step) {
      const { rows, visits } = orderOf(epoch);
      const task = slots[rows[step]!]!;
      const visit = (epoch - 1) * stepsOf[task]! + visits[step]!;
      return { task, pass: 1 + Math.floor(visit / passes[task]!), step: visit % passes[task]! };
    },
  };
}
