import type { TrainingSettingsInput } from '@medlego/training';

/** Settings of every specialist of the demo: short, from the solved probe, chosen on validation data only. */
const shared = {
  batchSize: 64,
  learningRate: 3e-3,
  headRateFactor: 0.3,
  schedule: 'cosine',
  selectBy: 'loss',
  patience: 3,
} as const satisfies TrainingSettingsInput;

export interface SampleTask {
  readonly name: string;
  readonly title: string;
  readonly settings: TrainingSettingsInput;
}

/** The sample tasks under `data/`, in the order of the demo. */
export const sampleTasks: readonly SampleTask[] = [
  { name: 'pneumoniamnist', title: 'Pneumonia, chest X-ray', settings: { ...shared, epochs: 6 } },
  { name: 'pbcblood', title: 'Blood cells, smear', settings: { ...shared, epochs: 10 } },
  { name: 'busibreast', title: 'Breast lesions, ultrasound', settings: { ...shared, epochs: 10 } },
  { name: 'mednist', title: 'Body region, CT, MR, X-ray', settings: { ...shared, epochs: 4 } },
  { name: 'oaiknee', title: 'Knee osteoarthritis grade, X-ray', settings: { ...shared, epochs: 6 } },
];
