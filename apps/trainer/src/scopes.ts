import type { Scope } from '@medlego/access';
import type { TrainingServiceImplementation } from '@medlego/contracts/rpc';

/** What a caller needs for each method of Training. Jobs of every kind report, so they hold `train`. */
export const trainingScopes = {
  submitTraining: 'train',
  submitSweep: 'train',
  getTraining: 'read',
  listTrainings: 'read',
  cancelTraining: 'train',
  watchTrainings: 'read',
  watchTrainingLogs: 'read',
  reportRun: 'publish',
} as const satisfies Readonly<Record<keyof TrainingServiceImplementation, Scope>>;
