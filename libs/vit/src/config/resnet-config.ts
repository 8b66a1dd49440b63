import { z } from 'zod';
import { parseWith } from './vit-config.ts';

const count = z.int().min(1);

/** Blocks widen by this factor at their end. */
export const bottleneckExpansion = 4;
/** The image's side is divided by this before attention pools it. */
const totalStride = 32;

/**
 * CLIP's ResNet in open_clip's words: three convolutions as stem, average pooling before every stride, attention pooling. PMC-CLIP's image
 * encoder is one. BatchNorm is always in inference form: running statistics are part of the weights and do not move.
 *
 * Source: Radford et al. 2021, arXiv 2103.00020, section 2.4; Lin et al. 2023, arXiv 2303.07240 (PMC-CLIP).
 */
export const resnetConfigSchema = z
  .strictObject({
    /** Tells this configuration from a vision transformer's, which has no such field. */
    architecture: z.literal('modified_resnet'),
    /** Side of the square input, pixels; a multiple of 32. */
    imgSize: count,
    /** Colour channels of the input. */
    inChans: count.default(3),
    /** Blocks of the four stages. */
    layers: z.tuple([count, count, count, count]),
    /** Channels after the stem; 32 times as many reach the attention pool. Even. */
    width: count,
    /** Heads of the attention pool. */
    numHeads: count,
    /** Width of the features: the output of the attention pool. */
    embedDim: count,
    /** Epsilon of every BatchNorm. */
    batchNormEps: z.number().positive().default(1e-5),
  })
  .superRefine((config, context) => {
    const fail = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (config.imgSize % totalStride !== 0) fail('imgSize', `a multiple of ${totalStride}`);
    if (config.width % 2 !== 0) fail('width', 'an even number');
    if (poolWidth(config) % config.numHeads !== 0)
      fail('numHeads', `a divisor of ${poolWidth(config)}, 32 times width`);
  });

export type ModifiedResnetConfig = Readonly<z.output<typeof resnetConfigSchema>>;
export type ModifiedResnetConfigInput = Readonly<z.input<typeof resnetConfigSchema>>;

/** Checks a configuration and fills in defaults. @throws InvalidValueError naming the first wrong field, unknown fields included */
export const parseResnetConfig = (input: unknown, source = 'config'): ModifiedResnetConfig =>
  Object.freeze(parseWith(resnetConfigSchema, input, source));

/** Channels that reach the attention pool. */
export const poolWidth = ({ width }: Pick<ModifiedResnetConfig, 'width'>): number => 8 * bottleneckExpansion * width;

/** Cells along one side of the map that the attention pool reads. */
export const poolGrid = ({ imgSize }: Pick<ModifiedResnetConfig, 'imgSize'>): number => imgSize / totalStride;

/** One residual block. */
export interface Bottleneck {
  /** `layer1.0` */
  readonly path: string;
  /** Channels that come in. */
  readonly inner: number;
  /** Channels between its convolutions; four times as many leave it. */
  readonly planes: number;
  readonly stride: number;
  /** Whether the shortcut has a convolution. */
  readonly downsample: boolean;
}

/** All residual blocks in order. */
export function bottlenecks({ layers, width }: Pick<ModifiedResnetConfig, 'layers' | 'width'>): Bottleneck[] {
  let inner = width;
  return layers.flatMap((blocks, stage) =>
    Array.from({ length: blocks }, (_, block): Bottleneck => {
      const planes = width * 2 ** stage;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const one = { path: `layer${stage + 1}.${block}`, inner, planes, stride };
      const downsample = stride > 1 || inner !== planes * bottleneckExpansion;
      inner = planes * bottleneckExpansion;
      return { ...one, downsample };
    }),
  );
}
