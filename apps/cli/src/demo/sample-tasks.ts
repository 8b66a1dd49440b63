export interface SampleTask {
  readonly name: string;
  readonly title: string;
}

/** The sample tasks under `data/`, in the order of the demo. Each is trained with the preset `sample`. */
export const sampleTasks: readonly SampleTask[] = [
  { name: 'pneumoniamnist', title: 'Pneumonia, chest X-ray' },
  { name: 'pbcblood', title: 'Blood cells, smear' },
  { name: 'busibreast', title: 'Breast lesions, ultrasound' },
  { name: 'mednist', title: 'Body region, CT, MR, X-ray' },
  { name: 'oaiknee', title: 'Knee osteoarthritis grade, X-ray' },
];
