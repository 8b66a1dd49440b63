import { asFloat32, float32, type NamedTensors } from '@medlego/tensors';
import { isResnet, withoutHead } from '../../config/backbone-config.ts';
import { UnsupportedModelError } from '@medlego/errors';
import { assertParams } from '../../params/assert-params.ts';
import { type ExportBundle } from '../bundle.ts';
import { type ExportedModel } from '../export-backbone.ts';
import { transpose } from '../matrices.ts';
import { writeModelConfig } from './config.ts';
import { toOpenClipName } from './names.ts';

/**
 * A CLIP's visual tower for open_clip: `open_clip_model.safetensors` with `visual.` names, `open_clip_config.json`, and the head beside it,
 * which open_clip has no place for.
 *
 * @throws UnsupportedModelError for a vision transformer without CLIP's first LayerNorm, what `assertParams` throws
 */
export function exportOpenClip({ config, params, head, preprocess }: ExportedModel): ExportBundle {
  if (!isResnet(config) && !config.preNorm)
    throw new UnsupportedModelError({
      source: 'export to open_clip',
      feature: 'no LayerNorm before the blocks',
      supported: 'towers of CLIP',
    });
  assertParams(withoutHead(config), params);
  const model = Object.fromEntries(
    Object.entries(params).map(([name, tensor]) => {
      const { shape, data } = asFloat32(name, tensor);
      const inside = isResnet(config) ? name : toOpenClipName(name);
      if (name === 'cls_token') return [`visual.${inside}`, float32(shape.slice(2), data)];
      if (name === 'pos_embed') return [`visual.${inside}`, float32(shape.slice(1), data)];
      if (name !== 'proj.weight') return [`visual.${inside}`, tensor];
      const [out, dim] = shape as [number, number];
      return [`visual.${inside}`, float32([dim, out], transpose(data, out, dim))];
    }),
  ) as NamedTensors;
  const hasProjection = isResnet(config) || config.projDim !== undefined;
  return {
    tensors: { 'open_clip_model.safetensors': model, ...(head && { 'head.safetensors': head }) },
    json: {
      'open_clip_config.json': {
        model_cfg: writeModelConfig(config),
        ...(preprocess && {
          preprocess_cfg: {
            mean: preprocess.mean,
            std: preprocess.std,
            interpolation: preprocess.resize,
            resize_mode: 'squash',
          },
        }),
      },
    },
    warnings: hasProjection
      ? []
      : [
          'The tower has no projection: load it with strict=False and set visual.proj = None, or features are projected at random.',
        ],
  };
}
