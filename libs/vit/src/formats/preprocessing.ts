import { z } from 'zod';
import { parseWith } from '../config/vit-config.ts';
import { type JsonObject } from './bundle.ts';

const filters = ['nearest', 'bilinear', 'bicubic'] as const;

/** How a backbone's images are prepared, as its files say it: the resize filter, then (pixel / 255 - mean) / std per channel. */
export interface BackbonePreprocess {
  /** Side of the square image, pixels. */
  readonly imgSize: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  readonly resize: (typeof filters)[number];
}

const numbers = z.array(z.number());

export interface ReadPreprocess {
  readonly preprocess?: BackbonePreprocess;
  readonly warnings: readonly string[];
}

const isThree = (values: readonly number[]): values is [number, number, number] => values.length === 3;

/** Puts the parts together, or says why not: a backbone is usable without them, its preprocessing is then given by hand. */
export function toPreprocess(
  imgSize: number,
  mean: readonly number[] | undefined,
  std: readonly number[] | undefined,
  filter: string | undefined,
  source: string,
): ReadPreprocess {
  if (!mean || !std) return { warnings: [] };
  const resize = filters.find((name) => name === filter);
  const usable = isThree(mean) && isThree(std) && std.every((value) => value > 0);
  if (resize && usable) return { preprocess: { imgSize, mean, std, resize }, warnings: [] };
  const what = resize ? `mean ${JSON.stringify(mean)}, std ${JSON.stringify(std)}` : `the resize filter ${filter}`;
  return { warnings: [`${source}: preprocessing left out, since ${what} is none for three channels here.`] };
}

const looseTimm = z.looseObject({
  mean: numbers.optional(),
  std: numbers.optional(),
  interpolation: z.string().default('bicubic'),
  crop_pct: z.number().positive().nullish(),
});

/** timm's `pretrained_cfg`. Its centre crop is reported and not taken over: a medical image must not be cut silently. */
export function readTimmPreprocess(pretrainedCfg: unknown, imgSize: number, source: string): ReadPreprocess {
  const { mean, std, interpolation, crop_pct: crop } = parseWith(looseTimm, pretrainedCfg ?? {}, source);
  const read = toPreprocess(imgSize, mean, std, interpolation, source);
  return crop && crop < 1 && read.preprocess
    ? {
        ...read,
        warnings: [`${source}: timm evaluates this model on a centre crop of ${crop}; images are not cropped here.`],
      }
    : read;
}

export const writeTimmPreprocess = ({ imgSize, mean, std, resize }: BackbonePreprocess): JsonObject => ({
  input_size: [3, imgSize, imgSize],
  interpolation: resize,
  crop_pct: 1,
  crop_mode: 'center',
  mean,
  std,
});

/** Pillow's numbers, which Hugging Face writes as `resample`. */
const pillow = { nearest: 0, bilinear: 2, bicubic: 3 } as const;
const looseHf = z.looseObject({
  image_mean: numbers.nullish(),
  image_std: numbers.nullish(),
  resample: z.number().default(pillow.bilinear),
  do_normalize: z.boolean().nullish(),
  do_center_crop: z.boolean().nullish(),
});

/** Hugging Face's `preprocessor_config.json`. */
export function readHfPreprocess(config: unknown, imgSize: number, source: string): ReadPreprocess {
  const { do_normalize: normalised = true, resample, ...parsed } = parseWith(looseHf, config, source);
  const filter = filters.find((name) => pillow[name] === resample) ?? `number ${resample}`;
  const [mean, std] =
    normalised === false
      ? [
          [0, 0, 0],
          [1, 1, 1],
        ]
      : [parsed.image_mean, parsed.image_std];
  const read = toPreprocess(imgSize, mean ?? undefined, std ?? undefined, filter, source);
  return parsed.do_center_crop
    ? {
        ...read,
        warnings: [
          ...read.warnings,
          `${source}: this model was evaluated on a centre crop; images are not cropped here.`,
        ],
      }
    : read;
}

export const writeHfPreprocess = ({ imgSize, mean, std, resize }: BackbonePreprocess): JsonObject => ({
  image_processor_type: 'ViTImageProcessor',
  do_resize: true,
  size: { height: imgSize, width: imgSize },
  resample: pillow[resize],
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: mean,
  image_std: std,
});
