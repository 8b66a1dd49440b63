import type { TraceKernel } from '../trace/kernel.ts';
import { binaryKernels } from './binary.ts';
import { convKernels } from './conv.ts';
import { createKernels } from './create.ts';
import { gatherKernels } from './gather.ts';
import { matMulKernels } from './matmul.ts';
import { poolKernels } from './pool.ts';
import { reduceKernels } from './reduce.ts';
import { shapeKernels } from './shape.ts';
import { unaryKernels } from './unary.ts';

/** Every tfjs kernel that can be compiled. */
export const traceKernels: readonly TraceKernel[] = [
  ...unaryKernels,
  ...binaryKernels,
  ...reduceKernels,
  ...shapeKernels,
  ...createKernels,
  ...matMulKernels,
  ...gatherKernels,
  ...convKernels,
  ...poolKernels,
];
