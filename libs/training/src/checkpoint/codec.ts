import { FileFormatError } from '@medlego/errors';
import {
  asFloat32,
  digestBytes,
  digestTensors,
  encodeSafetensors,
  parseSafetensors,
  type NamedTensors,
} from '@medlego/tensors';
import { z } from 'zod';
import type { Checkpoint } from './checkpoint.ts';

const version = '1';

const metrics = z.record(z.string(), z.number().nullable());
const documentSchema = z.object({
  fingerprint: z.record(z.string(), z.string()),
  environment: z.record(z.string(), z.string()),
  isFinished: z.boolean().default(false),
  position: z.object({ epoch: z.int().min(1), step: z.int().min(0), updates: z.int().min(0) }),
  bestEpoch: z.int().min(0).nullable(),
  history: z.array(
    z.object({
      epoch: z.int().min(0),
      trainLoss: z.number().nullable(),
      penalty: z.number().nullable(),
      val: metrics,
    }),
  ),
  running: z.object({ steps: z.int().min(0), loss: z.number(), penalty: z.number() }),
});

const sealOf = (document: string, tensors: NamedTensors) =>
  digestBytes(Buffer.from(document, 'utf8'), Buffer.from(digestTensors(tensors), 'utf8'));

/** A checkpoint as one safetensors file: tensors `state.*` and `best`, the rest as JSON in its metadata, and a digest over both. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { fingerprint, environment, position, isFinished, best, history, running } = checkpoint;
  const tensors: NamedTensors = {
    ...Object.fromEntries(Object.entries(checkpoint.state).map(([name, tensor]) => [`state.${name}`, tensor])),
    ...(best ? { best: best.parameters } : {}),
  };
  const document = JSON.stringify({
    fingerprint,
    environment,
    position,
    isFinished,
    bestEpoch: best?.epoch ?? null,
    history,
    running,
  });
  return encodeSafetensors(tensors, { 'medlego.checkpoint': version, document, seal: sealOf(document, tensors) });
}

/** @throws FileFormatError for anything that is not a whole, untouched checkpoint of this version */
export function parseCheckpoint(bytes: Uint8Array, label: string): Checkpoint {
  const { tensors, metadata } = parseSafetensors(bytes, label);
  const refuse = (expected: string, actual: string, cause?: unknown) =>
    new FileFormatError({ file: label, expected, actual }, { cause });
  if (metadata['medlego.checkpoint'] !== version)
    throw refuse(`a checkpoint of version ${version}`, `version ${metadata['medlego.checkpoint'] ?? 'none'}`);
  const document = metadata['document'] ?? '';
  const seal = sealOf(document, tensors);
  if (metadata['seal'] !== seal) throw refuse(`contents with digest ${metadata['seal']}`, seal);
  const parsed = documentSchema.safeParse(JSON.parse(document));
  if (!parsed.success) throw refuse('a checkpoint document', parsed.error.issues[0]!.message, parsed.error);
  const { bestEpoch, ...rest } = parsed.data;
  const best = tensors['best'];
  return {
    ...rest,
    state: Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith('state.'))
        .map(([name, tensor]) => [name.slice('state.'.length), tensor]),
    ),
    best: best && bestEpoch !== null ? { epoch: bestEpoch, parameters: asFloat32('best', best) } : null,
  };
}
