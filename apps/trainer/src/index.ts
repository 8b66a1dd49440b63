export { decide, type Action } from './decide.ts';
export { toRunMessage } from './convert.ts';
export { type JobTemplate, type ReconcileOptions } from './reconcile.ts';
export { createTrainer, type Trainer, type TrainerOptions } from './trainer.ts';
