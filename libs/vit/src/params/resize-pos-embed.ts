import { InvalidValueError } from '@medlego/errors';
import { asFloat32, assertShape, float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { gridSize, parseVitConfig, type VitConfig } from '../config/vit-config.ts';

/** Keys' cubic kernel with a = -1/2, the one of Pillow and of PyTorch where it anti-aliases. Keys 1981, eq. 4. */
function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  if (d < 2) return ((-0.5 * d + 2.5) * d - 4) * d + 2;
  return 0;
}

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Which inputs make each output, and how much: when shrinking, the kernel is as much wider as the grid is finer. */
function cubicTaps(from: number, to: number): Taps[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = 2 * stretch;
  return Array.from({ length: to }, (_, i) => {
    const centre = scale * (i + 0.5);
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    const raw = Array.from({ length: end - first }, (_, j) => cubic((first + j - centre + 0.5) / stretch));
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => weight / total) };
  });
}

/** Resamples one axis. data [outer, from, inner]. Returns [outer, taps, inner]. */
function resampleAxis(
  data: Float32Array,
  outer: number,
  from: number,
  inner: number,
  taps: readonly Taps[],
): Float32Array {
  const result = new Float32Array(outer * taps.length * inner);
  const sums = new Float64Array(inner);
  for (let o = 0; o < outer; o++)
    for (const [t, { first, weights }] of taps.entries()) {
      sums.fill(0);
      for (const [j, weight] of weights.entries()) {
        const start = (o * from + first + j) * inner;
        for (let i = 0; i < inner; i++) sums[i]! += weight * data[start + i]!;
      }
      result.set(sums, (o * taps.length + t) * inner);
    }
  return result;
}

/**
 * Position embedding for another grid of patches: the class token's entry stays, the rest is resampled as an image, bicubic with
 * anti-aliasing, rows and columns one after the other.
 *
 * @param posEmbed [1, 1 + from², D] float32
 * @param grid patches along one side of the new image
 * @returns [1, 1 + grid², D] float32, owned by the caller; the same tensor if nothing changes
 * @throws InvalidValueError if there is no square number of patches
 * Source: as timm's `resample_abs_pos_embed`, that is torch `interpolate(mode='bicubic', antialias=True, align_corners=False)`.
 */
export function resizePosEmbed(posEmbed: HostTensor, grid: number): HostTensor<'float32'> {
  const tensor = asFloat32('pos_embed', posEmbed);
  const [, tokens = 0, dim = 0] = tensor.shape;
  assertShape('pos_embed', [1, tokens, dim], tensor.shape);
  const from = Math.round(Math.sqrt(tokens - 1));
  if (from < 1 || from * from !== tokens - 1)
    throw new InvalidValueError({
      field: 'pos_embed',
      expected: 'a class token and a square number of patches',
      actual: tokens,
    });
  if (from === grid) return tensor;

  const taps = cubicTaps(from, grid);
  const wide = resampleAxis(tensor.data.subarray(dim), from, from, dim, taps); // [from, grid, D]
  const result = new Float32Array((1 + grid * grid) * dim);
  result.set(tensor.data.subarray(0, dim));
  result.set(resampleAxis(wide, 1, from, grid * dim, taps), dim);
  return float32([1, 1 + grid * grid, dim], result);
}

/**
 * A backbone for images of another size: everything shared but the position embedding.
 *
 * @param imgSize pixels, a multiple of the patch size
 * @throws InvalidValueError for an image size that is none
 */
export function resizeBackbone(
  { config, params }: { readonly config: VitConfig; readonly params: NamedTensors },
  imgSize: number,
): { readonly config: VitConfig; readonly params: NamedTensors } {
  const resized = parseVitConfig({ ...config, imgSize });
  return { config: resized, params: { ...params, pos_embed: resizePosEmbed(params['pos_embed']!, gridSize(resized)) } };
}
