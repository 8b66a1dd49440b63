import * as tf from '@tensorflow/tfjs-core';
import { layerNorm, type TensorMap } from '@medlego/engine';
import { ShapeMismatchError } from '@medlego/errors';
import { gridSize, type VitConfig } from '../config/vit-config.ts';

/**
 * Images to tokens: non-overlapping patches times the convolution kernel, class token in front, position embedding added, and a LayerNorm
 * where the model has one before its blocks.
 *
 * @param images [B, H, W, C] float32
 * @returns [B, 1 + N, D]
 * @throws ShapeMismatchError if the images are not of the model's size
 */
export function embedImages(config: VitConfig, params: TensorMap, images: tf.Tensor): tf.Tensor3D {
  const { imgSize, inChans: c, embedDim: dim, patchSize: p } = config;
  const grid = gridSize(config);
  const [batch] = images.shape as [number];
  const expected = [batch, imgSize, imgSize, c];
  if (images.rank !== 4 || images.shape.some((size, axis) => size !== expected[axis]))
    throw new ShapeMismatchError({ param: 'images', expected, actual: images.shape });

  const cells = tf.transpose(tf.reshape(images, [batch, grid, p, grid, p, c]), [0, 1, 3, 2, 4, 5]); // [B, gy, gx, p, p, C]
  const rows = tf.reshape(cells, [batch * grid * grid, p * p * c]) as tf.Tensor2D;
  const kernel = tf.reshape(tf.transpose(params['patch_embed.proj.weight']!, [0, 2, 3, 1]), [
    dim,
    p * p * c,
  ]) as tf.Tensor2D;
  const patches = tf.reshape(tf.matMul(rows, kernel, false, true), [batch, grid * grid, dim]); // [B, N, D]

  // Bias and positions do not depend on the images: they are added to each other first, and once to the activations.
  const positions = params['pos_embed']!;
  const first = tf.add(params['cls_token']!, tf.slice(positions, [0, 0, 0], [1, 1, dim])); // [1, 1, D]
  const others = tf.slice(positions, [0, 1, 0], [1, grid * grid, dim]);
  const rest = config.preNorm ? others : tf.add(others, params['patch_embed.proj.bias']!); // [1, N, D]
  const tokens = tf.concat([tf.tile(first, [batch, 1, 1]), tf.add(patches, rest)], 1) as tf.Tensor3D;
  return config.preNorm
    ? (layerNorm(tokens, params['norm_pre.weight']!, params['norm_pre.bias']!, config.layerNormEps) as tf.Tensor3D)
    : tokens;
}
