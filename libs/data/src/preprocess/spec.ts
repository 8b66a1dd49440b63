import { z } from 'zod';
import { parseSpec } from '../parse-spec.ts';

export const resizeFilters = ['bicubic', 'bilinear', 'nearest'] as const;
export type ResizeFilter = (typeof resizeFilters)[number];

const three = z.tuple([z.number(), z.number(), z.number()]);

/**
 * What happens to an image between decoding and the backbone. It belongs to the backbone, is stored with every artifact
 * trained on it, and is the same for training and serving.
 */
export const preprocessSchema = z.strictObject({
  /** Side of the square that the backbone takes, in pixels. The image is squashed to it: nothing is cut off silently. */
  imgSize: z.int().min(1).max(4096),
  channels: z.literal(3).default(3),
  /** Per channel, on the scale where white is 1. */
  mean: three.default([0.5, 0.5, 0.5]),
  std: three.refine((values) => values.every((value) => value > 0), 'numbers above 0').default([0.5, 0.5, 0.5]),
  /** PIL's filters of the same names, anti-aliased (except nearest). */
  resize: z.enum(resizeFilters).default('bicubic'),
  /** Share of the side that a centre crop keeps after the resize (timm's `crop_pct`); 1 keeps all. */
  crop: z.number().gt(0).max(1).default(1),
});
export type PreprocessSpec = Readonly<z.output<typeof preprocessSchema>>;
export type PreprocessInput = z.input<typeof preprocessSchema>;

/** Checks a spec and fills in defaults. @throws InvalidValueError naming the first wrong field */
export const parsePreprocessSpec = (input: unknown, source = 'preprocess'): PreprocessSpec =>
  parseSpec(preprocessSchema, input, source);

/** Side to which images are resized before the centre crop; a crop of 0.9 at 224 gives 248, as in timm. */
export const resizedSide = ({ imgSize, crop }: Pick<PreprocessSpec, 'imgSize' | 'crop'>): number =>
  // A crop such as 28 / 32 is not exact in binary: without the margin 28 / 0.875 could fall just short of 32.
  Math.floor(imgSize / crop + 1e-6);
