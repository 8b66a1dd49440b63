import { InvalidValueError } from '@medlego/errors';

export const scheduleNames = ['constant', 'cosine', 'one-cycle'] as const;
export type ScheduleName = (typeof scheduleNames)[number];

export interface ScheduleOptions {
  readonly schedule: ScheduleName;
  /** Highest learning rate. */
  readonly peak: number;
  readonly totalSteps: number;
  /** Steps of linear rise before `constant` and `cosine`; `one-cycle` has its own rise. */
  readonly warmupSteps?: number;
}

/** Where one-cycle starts (peak / 25), ends (start / 10⁴) and turns (30 % of the steps): PyTorch's OneCycleLR, cosine form. */
const oneCycle = { startDivisor: 25, endDivisor: 1e4, riseShare: 0.3 } as const;

const cosineBetween = (from: number, to: number, share: number) =>
  to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;

/**
 * Learning rate of step `step` (from 0). Pure, so a resumed run needs to remember nothing but the step.
 * Sources: cosine, Loshchilov and Hutter 2017, arXiv 1608.03983, Eq. 5 without restarts, to 0; one-cycle, Smith and Topin 2018, arXiv 1708.07120.
 * @throws InvalidValueError for a negative step or no steps
 */
export function learningRateAt(options: ScheduleOptions, step: number): number {
  const { schedule, peak, totalSteps, warmupSteps = 0 } = options;
  if (!(totalSteps >= 1))
    throw new InvalidValueError({ field: 'totalSteps', expected: 'at least 1', actual: totalSteps });
  if (!(step >= 0)) throw new InvalidValueError({ field: 'step', expected: '0 or more', actual: step });
  switch (schedule) {
    case 'constant':
      return step < warmupSteps ? (peak * (step + 1)) / (warmupSteps + 1) : peak;
    case 'cosine':
      if (step < warmupSteps) return (peak * (step + 1)) / (warmupSteps + 1);
      return cosineBetween(peak, 0, Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps)));
    case 'one-cycle': {
      const start = peak / oneCycle.startDivisor;
      const turn = Math.max(1, oneCycle.riseShare * totalSteps - 1);
      if (step <= turn) return cosineBetween(start, peak, step / turn);
      return cosineBetween(
        peak,
        start / oneCycle.endDivisor,
        Math.min(1, (step - turn) / Math.max(1, totalSteps - 1 - turn)),
      );
    }
  }
}
