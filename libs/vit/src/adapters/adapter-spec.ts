import { z } from 'zod';
import { parseWith } from '../config/vit-config.ts';
import { targetModules } from './modules.ts';

export const adapterKinds = ['svd-lora', 'lora', 'full', 'head-only'] as const;
export type AdapterKind = (typeof adapterKinds)[number];

/** What a specialist changes in the backbone. Defaults are the paper's: SVD-LoRA of rank 4 on queries and values, scale 1. */
export const adapterSpecSchema = z
  .strictObject({
    /**
     * `svd-lora`: h = W x + (alpha / rank) B E A x; `lora`: the same without E; `full`: all of the backbone's weights;
     * `head-only`: nothing.
     */
    kind: z.enum(adapterKinds).default('svd-lora'),
    /** Inner width. A merged adapter has other widths per module, then this is the largest. */
    rank: z.int().min(1).default(4),
    /** Scale times rank; default: rank, hence scale 1. */
    alpha: z.number().positive().optional(),
    /** Which matrices of every block. */
    targetModules: z
      .array(z.enum(targetModules))
      .min(1)
      .refine((list) => new Set(list).size === list.length, 'each target module once')
      .default(['q', 'v']),
  })
  .transform(({ alpha, ...spec }) => ({ ...spec, alpha: alpha ?? spec.rank }));

export type AdapterSpec = Readonly<z.output<typeof adapterSpecSchema>>;
export type AdapterSpecInput = Readonly<z.input<typeof adapterSpecSchema>>;

/** Checks a specification and fills in defaults. @throws InvalidValueError naming the first wrong field */
export const parseAdapterSpec = (input: unknown = {}, source = 'adapter'): AdapterSpec =>
  Object.freeze(parseWith(adapterSpecSchema, input, source));

/** The factor on the update: alpha / rank. Hu et al. 2021, arXiv 2106.09685, section 4.1. */
export const adapterScaling = (spec: Pick<AdapterSpec, 'alpha' | 'rank'>): number => spec.alpha / spec.rank;
