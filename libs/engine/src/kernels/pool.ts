import * as tf from '@tensorflow/tfjs-core';
import { int, ints } from '../ir/types.ts';
import { kernel, type TraceKernel } from '../trace/kernel.ts';

export const poolKernels: readonly TraceKernel[] = [
  // As tfjs, the mean is over the pixels inside the image, however far a window reaches out of it.
  kernel<tf.AvgPoolInputs, tf.AvgPoolAttrs>(tf.AvgPool, (b, { x }, { filterSize, strides, pad, dimRoundingMode }) => {
    const shape = [...x.shape] as [number, number, number, number];
    const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
    const { padInfo: p } = info;
    const y = b.op(
      'AveragePool',
      [b.transpose(x, [0, 3, 1, 2])],
      [info.batchSize, info.outChannels, info.outHeight, info.outWidth],
      'float32',
      {
        kernel_shape: ints([info.filterHeight, info.filterWidth]),
        strides: ints([info.strideHeight, info.strideWidth]),
        pads: ints([p.top, p.left, p.bottom, p.right]),
        count_include_pad: int(0),
      },
    );
    return b.transpose(y, [0, 2, 3, 1]); // [N, H, W, C]
  }),
];
