import { UnsupportedAdapterError } from '@medlego/errors';

/** What a tensor of an `adapter_model.safetensors` is, and of which module (without `base_model.model.`). */
export type PeftTensor =
  | { readonly role: 'lora_A' | 'lora_B' | 'lora_E'; readonly module: string }
  | { readonly role: 'saved'; readonly module: string; readonly kind: 'weight' | 'bias' }
  | { readonly role: 'unknown' };

/**
 * Reads a tensor's name: `base_model.model.<module>.lora_A.weight`, AdaLoRA's without `.weight`, or a module that was saved
 * whole. Names that still hold the adapter's name (`.default`) and `.modules_to_save` are understood.
 *
 * @throws UnsupportedAdapterError for factors of variants, such as DoRA's magnitudes
 */
export function parsePeftName(name: string, source: string): PeftTensor {
  const bare = name.replace(/^base_model\.model\./, '');
  const factor = /^(.+)\.(lora_[A-Za-z_]+|ranknum)(?:\.default)?(\.weight|\.bias)?$/.exec(bare);
  if (factor) {
    const [, module, role, kind] = factor as unknown as [string, string, string, string | undefined];
    if ((role === 'lora_A' || role === 'lora_B' || role === 'lora_E') && kind !== '.bias') return { role, module };
    const feature = role.startsWith('lora_magnitude_vector')
      ? `DoRA (${name})`
      : kind === '.bias'
        ? `biases in the update (${name})`
        : `tensors of an unknown variant (${name})`;
    throw new UnsupportedAdapterError({
      source,
      feature,
      supported: 'LoRA and AdaLoRA with lora_A, lora_B and lora_E',
    });
  }
  const saved = /^(.+?)(?:\.modules_to_save)?(?:\.default)?\.(weight|bias)$/.exec(bare);
  return saved ? { role: 'saved', module: saved[1]!, kind: saved[2] as 'weight' | 'bias' } : { role: 'unknown' };
}
