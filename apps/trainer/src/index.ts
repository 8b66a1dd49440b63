export { decide, type Action } from './decide.ts';
export { type JobTemplate, type ReconcileOptions } from './reconcile.ts';
export { createTrainer, type Trainer, type TrainerOptions } from './trainer.ts';
export { trainingScopes } from './scopes.ts';
