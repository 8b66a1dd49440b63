import { type TaskKind } from '@medlego/tasks';

export const medmnistSizes = [28, 64, 128, 224] as const;
export type MedmnistSize = (typeof medmnistSizes)[number];

/** A published data set: what it asks, how large it is, and the checksums by which its files are known. */
export interface MedmnistDescriptor {
  /** MedMNIST's name of the set, and of its files. */
  readonly flag: string;
  readonly kind: TaskKind;
  readonly labels: readonly string[];
  readonly modality: string;
  readonly channels: 1 | 3;
  readonly counts: { readonly train: number; readonly val: number; readonly test: number };
  readonly md5: Readonly<Record<MedmnistSize, string>>;
  readonly licence: string;
  readonly citation: string;
}

const v2 = 'Yang et al., MedMNIST v2, Scientific Data 10:41 (2023)';
const ccBy = 'CC BY 4.0';

/**
 * The MedMNIST data sets of the Med-LEGO paper.
 * Source of kinds, labels, counts and checksums: MedMNIST/MedMNIST, `medmnist/info.py` (3.0.2).
 */
export const medmnistDescriptors: readonly MedmnistDescriptor[] = [
  {
    flag: 'bloodmnist',
    kind: 'multi-class',
    labels: [
      'basophil',
      'eosinophil',
      'erythroblast',
      'immature granulocytes(myelocytes, metamyelocytes and promyelocytes)',
      'lymphocyte',
      'monocyte',
      'neutrophil',
      'platelet',
    ],
    modality: 'blood cell microscope',
    channels: 3,
    counts: { train: 11959, val: 1712, test: 3421 },
    md5: {
      28: '7053d0359d879ad8a5505303e11de1dc',
      64: '2b94928a2ae4916078ca51e05b6b800b',
      128: 'adace1e0ed228fccda1f39692059dd4c',
      224: 'b718ff6835fcbdb22ba9eacccd7b2601',
    },
    licence: ccBy,
    citation: `${v2}; Acevedo et al., Data in Brief 30:105474 (2020)`,
  },
  {
    flag: 'breastmnist',
    kind: 'binary-class',
    labels: ['malignant', 'normal, benign'],
    modality: 'breast ultrasound',
    channels: 1,
    counts: { train: 546, val: 78, test: 156 },
    md5: {
      28: '750601b1f35ba3300ea97c75c52ff8f6',
      64: '742edef2a1fd1524b2efff4bd7ba9364',
      128: '363e4b3f8d712e9b5de15470a2aaadf1',
      224: 'b56378a6eefa9fed602bb16d192d4c8b',
    },
    licence: ccBy,
    citation: `${v2}; Al-Dhabyani et al., Data in Brief 28:104863 (2020)`,
  },
  {
    flag: 'chestmnist',
    kind: 'multi-label, binary-class',
    labels: [
      'atelectasis',
      'cardiomegaly',
      'effusion',
      'infiltration',
      'mass',
      'nodule',
      'pneumonia',
      'pneumothorax',
      'consolidation',
      'edema',
      'emphysema',
      'fibrosis',
      'pleural thickening',
      'hernia',
    ],
    modality: 'chest X-ray',
    channels: 1,
    counts: { train: 78468, val: 11219, test: 22433 },
    md5: {
      28: '02c8a6516a18b556561a56cbdd36c4a8',
      64: '9de6cd0b934ebb5b7426cfba5efbae16',
      128: 'db107e5590b27930b62dbaf558aebee3',
      224: '45bd33e6f06c3e8cdb481c74a89152aa',
    },
    licence: ccBy,
    citation: `${v2}; Wang et al., ChestX-ray8, CVPR (2017)`,
  },
  {
    flag: 'dermamnist',
    kind: 'multi-class',
    labels: [
      'actinic keratoses and intraepithelial carcinoma',
      'basal cell carcinoma',
      'benign keratosis-like lesions',
      'dermatofibroma',
      'melanoma',
      'melanocytic nevi',
      'vascular lesions',
    ],
    modality: 'dermatoscopy',
    channels: 3,
    counts: { train: 7007, val: 1003, test: 2005 },
    md5: {
      28: '0744692d530f8e62ec473284d019b0c7',
      64: 'b70a2f5635c6199aeaa28c31d7202e1f',
      128: '2defd784463fa5243564e855ed717de1',
      224: '8974907d8e169bef5f5b96bc506ae45d',
    },
    licence: 'CC BY-NC 4.0',
    citation: `${v2}; Tschandl et al., Scientific Data 5:180161 (2018)`,
  },
  {
    flag: 'organamnist',
    kind: 'multi-class',
    labels: [
      'bladder',
      'femur-left',
      'femur-right',
      'heart',
      'kidney-left',
      'kidney-right',
      'liver',
      'lung-left',
      'lung-right',
      'pancreas',
      'spleen',
    ],
    modality: 'abdominal CT, axial',
    channels: 1,
    counts: { train: 34561, val: 6491, test: 17778 },
    md5: {
      28: '68e3f8846a6bd62f0c9bf841c0d9eacc',
      64: '2dcccc29b88e6da5a01161ef20cda288',
      128: 'eeae80d0a227a8d099027e1b3cfd3b60',
      224: '50747347e05c87dd3aaf92c49f9f3170',
    },
    licence: ccBy,
    citation: `${v2}; Bilic et al., Medical Image Analysis 84:102680 (2023)`,
  },
  {
    flag: 'pathmnist',
    kind: 'multi-class',
    labels: [
      'adipose',
      'background',
      'debris',
      'lymphocytes',
      'mucus',
      'smooth muscle',
      'normal colon mucosa',
      'cancer-associated stroma',
      'colorectal adenocarcinoma epithelium',
    ],
    modality: 'colorectal histology',
    channels: 3,
    counts: { train: 89996, val: 10004, test: 7180 },
    md5: {
      28: 'a8b06965200029087d5bd730944a56c1',
      64: '55aa9c1e0525abe5a6b9d8343a507616',
      128: 'ac42d08fb904d92c244187169d1fd1d9',
      224: '2c51a510bcdc9cf8ddb2af93af1eadec',
    },
    licence: ccBy,
    citation: `${v2}; Kather et al., PLOS Medicine 16(1):e1002730 (2019)`,
  },
  {
    flag: 'pneumoniamnist',
    kind: 'binary-class',
    labels: ['normal', 'pneumonia'],
    modality: 'paediatric chest X-ray',
    channels: 1,
    counts: { train: 4708, val: 524, test: 624 },
    md5: {
      28: '28209eda62fecd6e6a2d98b1501bb15f',
      64: '8f4eceb4ccffa70c672198ea285246c6',
      128: '05b46931834c231683c68f40c47b2971',
      224: 'd6a3c71de1b945ea11211b03746c1fe1',
    },
    licence: ccBy,
    citation: `${v2}; Kermany et al., Cell 172(5):1122-1131 (2018)`,
  },
  {
    flag: 'retinamnist',
    kind: 'ordinal-regression',
    labels: ['grade 0', 'grade 1', 'grade 2', 'grade 3', 'grade 4'],
    modality: 'fundus camera',
    channels: 3,
    counts: { train: 1080, val: 120, test: 400 },
    md5: {
      28: 'bd4c0672f1bba3e3a89f0e4e876791e4',
      64: 'afda852cc34dcda56f86ad2b2457dbcc',
      128: 'e48e916a24454daf90583d4e6efb1a18',
      224: 'eae7e3b6f3fcbda4ae613ebdcbe35348',
    },
    licence: ccBy,
    citation: `${v2}; Liu et al., DeepDRiD, Patterns 3(6):100512 (2022)`,
  },
];

/** The descriptor of a flag, or undefined. */
export const descriptorOf = (flag: string): MedmnistDescriptor | undefined =>
  medmnistDescriptors.find((descriptor) => descriptor.flag === flag);

/** File name of a set at a size: `{flag}.npz` for 28 pixels, `{flag}_{size}.npz` for the larger ones. */
export const medmnistFile = (flag: string, size: MedmnistSize): string =>
  size === 28 ? `${flag}.npz` : `${flag}_${size}.npz`;
