import type { NamedTensors } from '@medlego/tensors';
import type { AdapterModel } from '@medlego/training';
import type { AttentionMethod, BackboneConfig } from '@medlego/vit';

export interface ComputeSettings {
  readonly threads?: number;
}

/** What one version of a model computes features with. */
export interface VariantSpec {
  readonly key: string;
  /** Digest of the backbone's weights. */
  readonly backbone: string;
  readonly adapter: AdapterModel | null;
}

export interface BackboneSpec {
  readonly digest: string;
  readonly config: BackboneConfig;
  readonly params: NamedTensors;
}

export type Command =
  | { readonly type: 'backbone'; readonly backbone: BackboneSpec }
  | { readonly type: 'load'; readonly variant: VariantSpec; readonly warmUp: readonly number[] }
  | { readonly type: 'unload'; readonly key: string }
  /** images float32 [n, side, side, 3] flat; keys name the variant of each. */
  | { readonly type: 'run'; readonly keys: readonly string[]; readonly images: Float32Array }
  /** image float32 [side, side, 3] flat. */
  | { readonly type: 'explain'; readonly key: string; readonly method: AttentionMethod; readonly image: Float32Array };

export interface Request {
  readonly id: number;
  readonly command: Command;
}

export type Reply =
  { readonly id: number; readonly features: Float32Array | null } | { readonly id: number; readonly error: string };
