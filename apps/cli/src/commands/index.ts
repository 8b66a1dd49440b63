import type { Command } from 'commander';
import { registerBackbone } from './backbone.ts';
import { registerCompletion } from './completion.ts';
import { registerData } from './data.ts';
import { registerDemo } from './demo.ts';
import { registerDoctor } from './doctor.ts';
import { registerEvaluate } from './evaluate.ts';
import { registerExport } from './export.ts';
import { registerImport } from './import.ts';
import { registerMerge } from './merge.ts';
import { registerPredict } from './predict.ts';
import { registerGc, registerLineage, registerLs, registerShow, registerVerify } from './store.ts';
import { registerTrain } from './train.ts';

/** Every command, in the order of `medlego --help`. A new command is one file and one line here. */
export const commands: readonly ((program: Command) => void)[] = [
  registerDemo,
  registerTrain,
  registerMerge,
  registerEvaluate,
  registerPredict,
  registerLs,
  registerShow,
  registerLineage,
  registerVerify,
  registerGc,
  registerImport,
  registerExport,
  registerBackbone,
  registerData,
  registerDoctor,
  registerCompletion,
];
