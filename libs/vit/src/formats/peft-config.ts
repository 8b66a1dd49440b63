import { InvalidValueError, UnsupportedAdapterError } from '@medlego/errors';
import { z } from 'zod';
import { parseWith } from '../config/vit-config.ts';

const supported = 'LoRA, rank-stabilised LoRA and AdaLoRA on linear layers';

const peftSchema = z.looseObject({
  peft_type: z.string(),
  r: z.int().min(1).default(8),
  lora_alpha: z.number().default(8),
  use_rslora: z.boolean().default(false),
  /** AdaLoRA's initial rank, which its scale is divided by. */
  init_r: z.int().min(1).default(12),
  /** Ranks by module (LoRA), or which of the first `init_r` triplets are left (AdaLoRA). */
  rank_pattern: z.record(z.string(), z.union([z.int(), z.array(z.boolean())])).nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  target_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  exclude_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  layers_to_transform: z.union([z.int(), z.array(z.int())]).nullish(),
  modules_to_save: z.array(z.string()).nullish(),
  base_model_name_or_path: z.string().nullish(),
  bias: z.string().default('none'),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
});

export type PeftConfig = Readonly<z.output<typeof peftSchema>>;

/** Settings that leave the meaning of the saved tensors as it is, whatever their value. */
const neutral = new Set([
  ...[
    'peft_type',
    'r',
    'lora_alpha',
    'use_rslora',
    'rank_pattern',
    'alpha_pattern',
    'target_modules',
    'modules_to_save',
  ],
  ...[
    'base_model_name_or_path',
    'bias',
    'init_lora_weights',
    'task_type',
    'inference_mode',
    'auto_mapping',
    'revision',
  ],
  ...[
    'peft_version',
    'lora_dropout',
    'layers_to_transform',
    'layers_pattern',
    'exclude_modules',
    'ensure_weight_tying',
  ],
  // Used only where their main switch is on, and that one is looked at.
  ...['megatron_core', 'qalora_group_size', 'eva_config', 'corda_config', 'lora_ga_config', 'runtime_config'],
  ...['init_r', 'target_r', 'tinit', 'tfinal', 'deltaT', 'beta1', 'beta2', 'orth_reg_weight', 'total_step'],
]);

const variantNames: Readonly<Record<string, string>> = {
  use_dora: 'DoRA',
  use_qalora: 'QALoRA',
  use_bdlora: 'block-diagonal LoRA',
  kasa_config: 'KaSA',
  velora_config: 'VeLoRA',
  monteclora_config: 'MonteCLoRA',
  arrow_config: 'Arrow routing',
  alora_invocation_tokens: 'activated LoRA',
  lora_bias: 'biases in the update',
  layer_replication: 'replicated layers',
  loftq_config: 'LoftQ',
  trainable_token_indices: 'trained token embeddings',
};

/** Initialisations after which A and B mean what they always mean. Others (PiSSA, OLoRA, CorDA, LoftQ, ...) also change the backbone. */
const plainInits: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal'];

const isOff = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/**
 * Checks an `adapter_config.json`. Settings that are not known here must be off: what a new variant would compute is refused,
 * not guessed.
 *
 * @throws InvalidValueError naming the field, UnsupportedAdapterError naming the variant
 */
export function parsePeftConfig(json: unknown, source: string): PeftConfig {
  const config = parseWith(peftSchema, json, source);
  const refuse = (feature: string, hint?: string) =>
    new UnsupportedAdapterError({ source, feature, supported }, { hint });
  if (config.peft_type !== 'LORA' && config.peft_type !== 'ADALORA') throw refuse(`peft_type ${config.peft_type}`);
  for (const [key, value] of Object.entries(config))
    if (!neutral.has(key) && !isOff(value)) throw refuse(`${variantNames[key] ?? 'the setting'} (${key})`);
  if (config.bias !== 'none') throw refuse(`trained biases (bias: ${config.bias})`);
  if (!plainInits.includes(config.init_lora_weights))
    throw refuse(
      `an initialisation that changes the backbone (init_lora_weights: ${String(config.init_lora_weights)})`,
      'Save it again with path_initial_model_for_weight_conversion, which turns it into a plain LoRA.',
    );
  return config;
}

/**
 * The value that a pattern gives to a module: the first key, a suffix of the module's name or a regular expression, that matches.
 *
 * @param modulePath without `base_model.model.`
 * @throws InvalidValueError for an expression that is wrong or could take forever: these come from files of others
 */
export function matchPattern<T>(
  field: string,
  pattern: Readonly<Record<string, T>> | null | undefined,
  modulePath: string,
): T | undefined {
  for (const [key, value] of Object.entries(pattern ?? {})) {
    // As in PEFT: the dot of a plain name is a dot of a regular expression, too.
    if (toRegExp(field, key).test(modulePath)) return value;
  }
  return undefined;
}

function toRegExp(field: string, key: string): RegExp {
  const repetitions = key.match(/[*+]|\{\d*,\d*\}/g)?.length ?? 0;
  const nested = /\([^)]*(?:[*+]|\{\d*,\d*\})[^)]*\)(?:[*+?]|\{)/.test(key);
  if (key.length > 200 || repetitions > 3 || nested)
    throw new InvalidValueError({
      field,
      expected: 'module names or short regular expressions with at most 3 repetitions, none inside another',
      actual: key.slice(0, 200),
    });
  try {
    return new RegExp(`^(?:.*\\.)?(?:${key})$`);
  } catch (cause) {
    throw new InvalidValueError({ field, expected: 'module names or regular expressions', actual: key }, { cause });
  }
}
