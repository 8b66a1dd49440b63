import * as tf from '@tensorflow/tfjs-core';
import { ShapeMismatchError } from '@medlego/errors';
import { bottlenecks, type Bottleneck, type ModifiedResnetConfig } from '../config/resnet-config.ts';
import { averagePool, convNorm, type ResnetContext } from './conv-norm.ts';

/** Three convolutions, the first with stride 2, then a pool. images [B, H, W, C]. Returns [B, H/4, W/4, width]. */
function stem(context: ResnetContext, images: tf.Tensor): tf.Tensor4D {
  const first = tf.relu(convNorm(context, { conv: 'conv1', norm: 'bn1', stride: 2 }, images));
  const second = tf.relu(convNorm(context, { conv: 'conv2', norm: 'bn2' }, first));
  return averagePool(tf.relu(convNorm(context, { conv: 'conv3', norm: 'bn3' }, second)), 2);
}

/** A residual block; where it has a stride, both ways are pooled instead of skipping pixels. x [B, H, W, inner]. */
function residual(context: ResnetContext, { path, stride, downsample }: Bottleneck, x: tf.Tensor4D): tf.Tensor4D {
  const layer = (i: number, input: tf.Tensor) =>
    convNorm(context, { conv: `${path}.conv${i}`, norm: `${path}.bn${i}` }, input);
  const narrow = tf.relu(layer(2, tf.relu(layer(1, x))));
  const wide = layer(3, averagePool(narrow, stride)); // [B, H / stride, W / stride, 4 planes]
  const shortcut = downsample
    ? convNorm(context, { conv: `${path}.downsample.0`, norm: `${path}.downsample.1` }, averagePool(x, stride))
    : x;
  return tf.relu(tf.add(wide, shortcut));
}

/**
 * The map that the attention pool reads.
 *
 * @param images [B, imgSize, imgSize, inChans] float32
 * @returns [B, imgSize / 32, imgSize / 32, 32 width]
 * @throws ShapeMismatchError if the images are not of the model's size
 */
export function featureMap(context: ResnetContext, images: tf.Tensor): tf.Tensor4D {
  assertImages(context.config, images);
  return bottlenecks(context.config).reduce((x, block) => residual(context, block, x), stem(context, images));
}

function assertImages({ imgSize, inChans }: ModifiedResnetConfig, images: tf.Tensor): void {
  const expected = [images.shape[0]!, imgSize, imgSize, inChans];
  if (images.rank !== 4 || images.shape.some((size, axis) => size !== expected[axis]))
    throw new ShapeMismatchError({ param: 'images', expected, actual: images.shape });
}
