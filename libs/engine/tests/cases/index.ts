import { binaryCases } from './binary-cases.ts';
import { createCases } from './create-cases.ts';
import type { KernelCase } from './kernel-case.ts';
import { nnCases } from './nn-cases.ts';
import { poolCases } from './pool-cases.ts';
import { productCases } from './product-cases.ts';
import { reduceCases } from './reduce-cases.ts';
import { shapeCases } from './shape-cases.ts';
import { unaryCases } from './unary-cases.ts';

export const kernelCases: readonly KernelCase[] = [
  ...unaryCases,
  ...binaryCases,
  ...reduceCases,
  ...shapeCases,
  ...createCases,
  ...productCases,
  ...poolCases,
  ...nnCases,
];
