import { z } from 'zod';
import { parseSpec } from '../parse-spec.ts';

const probability = z.number().min(0).max(1);
const strength = z.number().min(0).max(1);
const range = z
  .tuple([z.number().gt(0), z.number().gt(0)])
  .refine(([low, high]) => low <= high, 'a pair [low, high] with low <= high');

/**
 * Random changes to training images, in the order in which they are made. Everything is off unless set.
 * Recorded as JSON with what was trained.
 */
export const augmentSchema = z.strictObject({
  /** Cut a random square of the backbone's size out of the resized image, after adding so many black pixels on every side. */
  crop: z.strictObject({ padding: z.int().min(0).max(256).default(0) }).optional(),
  /** Cut a random part (share of the area, width / height) and stretch it to the backbone's size, bilinear. Replaces `crop`. */
  resizedCrop: z.strictObject({ scale: range.default([0.5, 1]), ratio: range.default([3 / 4, 4 / 3]) }).optional(),
  /** Probability of a left-right mirror image. Anatomy is not symmetric: off unless set. */
  horizontalFlip: probability.default(0),
  verticalFlip: probability.default(0),
  /** Colour changes of up to this share, each drawn evenly from [1 - x, 1 + x]. */
  brightness: strength.default(0),
  contrast: strength.default(0),
  saturation: strength.default(0),
  /** Probability that the three changes above are made at all. */
  jitterProbability: probability.default(1),
  /** Probability of turning the image grey. */
  grayscale: probability.default(0),
  /** A square of `size` pixels, centred anywhere, becomes the mean colour (0 after normalisation). */
  cutout: z.strictObject({ size: z.int().min(1).max(4096), probability: probability.default(1) }).optional(),
});
export type AugmentSpec = Readonly<z.output<typeof augmentSchema>>;
export type AugmentInput = z.input<typeof augmentSchema>;

/** Checks a spec and fills in defaults. @throws InvalidValueError naming the first wrong field */
export const parseAugmentSpec = (input: unknown, source = 'augment'): AugmentSpec =>
  parseSpec(augmentSchema, input, source);
