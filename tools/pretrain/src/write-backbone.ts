import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '@medlego/errors';
import { encodeSafetensors, writeFileAtomic } from '@medlego/tensors';
import { modelCard } from './model-card.ts';
import type { PretrainedBackbone } from './pretrain.ts';
import { backbonePreprocess } from './recipe.ts';

/**
 * Writes `config.json`, `MODEL_CARD.md` and last `model.safetensors`, each whole or not at all.
 * @throws DiskFullError, AccessDeniedError
 */
export async function writeBackbone(folder: string, backbone: PretrainedBackbone, command: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw toAppError(error, { path: folder, what: 'backbone folder' });
  });
  const { name, config, digest, settings, images, test, fitted } = backbone;
  const document = {
    name,
    digest,
    config,
    preprocess: backbonePreprocess,
    training: {
      data: 'CIFAR-10',
      dataDigest: backbone.dataDigest,
      images,
      testAccuracy: test.metrics.acc,
      testAccuracyInterval: test.intervals.acc,
      settings,
      updates: fitted.updates,
    },
  };
  await writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(document, null, 2)}\n`, {
    what: 'backbone config',
  });
  await writeFileAtomic(join(folder, 'MODEL_CARD.md'), modelCard(backbone, command), { what: 'model card' });
  const file = encodeSafetensors(backbone.params, { format: 'pt', name });
  await writeFileAtomic(join(folder, 'model.safetensors'), file, { what: 'backbone weights' });
}
