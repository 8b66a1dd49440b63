import { type TaskInput } from '@medlego/tasks';

/** How one committed sample task is made: which rows of which file, and what must be said about them. */
export interface SampleRecipe {
  readonly task: TaskInput & { readonly licence: string; readonly citation: string };
  /** Name of the source file in the folder of source files, without `.npz`. */
  readonly file: string;
  /** First so many rows of each split; the source's rows are in class-stratified random order. */
  readonly rows: { readonly train: number; readonly val: number; readonly test: number };
  /** Where the images come from, for a reader who wants the originals. */
  readonly origin: string;
  /** What was done to them, as the licences ask to state. */
  readonly changes: string;
  readonly licenceUrl: string;
}

const ccBy = { licence: 'CC BY 4.0', nonCommercial: false } as const;
const ccByUrl = 'https://creativecommons.org/licenses/by/4.0/';

/**
 * The sample tasks: only sets whose licence allows redistribution and commercial use. Validation and test splits are kept whole,
 * since the width of every interval hangs on them; MedNIST's train split is cut to 1500, because the task is easy and the
 * five files have to stay under 15 MB together.
 */
export const sampleRecipes: readonly SampleRecipe[] = [
  {
    file: 'pneumoniamnist',
    rows: { train: 4708, val: 524, test: 624 },
    task: {
      ...ccBy,
      name: 'pneumoniamnist',
      kind: 'binary-class',
      labels: ['normal', 'pneumonia'],
      modality: 'paediatric chest X-ray',
      citation:
        'Yang et al., MedMNIST v2, Scientific Data 10:41 (2023), doi:10.1038/s41597-022-01721-8; Kermany et al., Cell 172(5):1122-1131 (2018), doi:10.1016/j.cell.2018.02.010',
    },
    origin: 'PneumoniaMNIST of MedMNIST v2, 28 x 28, the original split',
    changes: 'rows in another order; images unchanged',
    licenceUrl: ccByUrl,
  },
  {
    file: 'pbcblood',
    rows: { train: 2000, val: 250, test: 500 },
    task: {
      ...ccBy,
      name: 'pbcblood',
      kind: 'multi-class',
      labels: [
        'basophil',
        'eosinophil',
        'erythroblast',
        'immature granulocyte',
        'lymphocyte',
        'monocyte',
        'neutrophil',
        'platelet',
      ],
      modality: 'peripheral blood smear, single cells',
      citation: 'Acevedo et al., Data in Brief 30:105474 (2020), doi:10.1016/j.dib.2020.105474',
    },
    origin: 'PBC dataset normal DIB (the source images of BloodMNIST), stratified sample split 70/10/20',
    changes: 'centre crop 200 x 200, resized to 28 x 28 (bicubic), a sample of the images',
    licenceUrl: ccByUrl,
  },
  {
    file: 'busibreast',
    rows: { train: 544, val: 78, test: 156 },
    task: {
      ...ccBy,
      name: 'busibreast',
      kind: 'binary-class',
      labels: ['malignant', 'normal, benign'],
      modality: 'breast ultrasound',
      citation: 'Al-Dhabyani et al., Data in Brief 28:104863 (2020), doi:10.1016/j.dib.2019.104863',
    },
    origin:
      'BUSI, Dataset of breast ultrasound images (the source images of BreastMNIST; the licence is the one that MedMNIST v2 states for BreastMNIST), stratified split 70/10/20',
    changes: 'turned grey, resized to 28 x 28 (bicubic), two identical files under different labels left out',
    licenceUrl: ccByUrl,
  },
  {
    file: 'mednist',
    rows: { train: 1500, val: 400, test: 1000 },
    task: {
      licence: 'CC BY-SA 4.0',
      nonCommercial: false,
      name: 'mednist',
      kind: 'multi-class',
      labels: ['abdomen CT', 'breast MRI', 'chest X-ray', 'chest CT', 'hand X-ray', 'head CT'],
      modality: 'CT, MRI and X-ray of six body regions',
      citation:
        'MedNIST, B. J. Erickson, Department of Radiology, Mayo Clinic (images from TCIA, the RSNA Bone Age Challenge and the NIH Chest X-ray data set)',
    },
    origin: 'MedNIST, 64 x 64, stratified sample split 70/10/20',
    changes: 'resized to 28 x 28 (bicubic), a sample of the images, identical files reduced to one',
    licenceUrl: 'https://creativecommons.org/licenses/by-sa/4.0/',
  },
  {
    file: 'oaiknee',
    rows: { train: 3000, val: 400, test: 1000 },
    task: {
      ...ccBy,
      name: 'oaiknee',
      kind: 'ordinal-regression',
      labels: ['KL grade 0', 'KL grade 1', 'KL grade 2', 'KL grade 3', 'KL grade 4'],
      modality: 'knee X-ray',
      citation:
        'Chen, Knee Osteoarthritis Severity Grading Dataset, Mendeley Data v1 (2018), doi:10.17632/56rmx5bjcr.1; Chen et al., Computerized Medical Imaging and Graphics 75:84-92 (2019)',
    },
    origin:
      'Knee Osteoarthritis Severity Grading Dataset (knee X-rays of the Osteoarthritis Initiative), its published split, no subject in two splits',
    changes: 'contrast equalised in the source, resized to 28 x 28 (bicubic), a stratified sample of the images',
    licenceUrl: ccByUrl,
  },
];
