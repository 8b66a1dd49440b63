import * as tf from '@tensorflow/tfjs-core';
import type { Gradient } from './gradient.ts';

export const poolGradients: readonly Gradient[] = [
  {
    kernelName: tf.AvgPool,
    inputsToSave: ['x'],
    gradFunc: (upstream, [x], { filterSize, strides, pad, dimRoundingMode }) => ({
      x: () => {
        const dy = upstream as tf.Tensor4D;
        const [batch, height, width, channels] = x!.shape as [number, number, number, number];
        const info = tf.backend_util.computePool2DInfo(
          [batch, height, width, channels],
          filterSize as number,
          strides as number,
          1,
          pad as 'valid',
          dimRoundingMode as 'floor' | undefined,
        );
        const { filterHeight: fh, filterWidth: fw, outHeight, outWidth, padInfo: p } = info;
        const apart = fh === info.strideHeight && fw === info.strideWidth;
        if (!apart || p.top + p.bottom + p.left + p.right > 0)
          throw new Error(
            'The gradient of average pooling is available for windows side by side without padding only.',
          );
        // Each pixel lies in one window: the window's share is copied to all of its pixels.
        const share = tf.reshape(tf.mul(dy, 1 / (fh * fw)), [batch, outHeight, 1, outWidth, 1, channels]);
        const copies = tf.broadcastTo(share, [batch, outHeight, fh, outWidth, fw, channels]);
        const covered = tf.reshape(copies, [batch, outHeight * fh, outWidth * fw, channels]);
        const [rows, columns] = [height - outHeight * fh, width - outWidth * fw]; // beyond the last window
        return rows + columns === 0
          ? covered
          : tf.pad(covered, [
              [0, 0],
              [0, rows],
              [0, columns],
              [0, 0],
            ]);
      },
    }),
  },
];
