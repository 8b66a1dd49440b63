import { createHash } from 'node:crypto';
import { safetensorsDTypes } from './dtype.ts';
import type { NamedTensors } from './host-tensor.ts';
import { bytesOf } from './tensor-bytes.ts';

/** `sha256:` and 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;

const digestPattern = /^sha256:[0-9a-f]{64}$/;

export const isDigest = (text: string): text is Digest => digestPattern.test(text);

/** SHA-256 of some bytes, or of several pieces as if they were one. */
export function digestBytes(...pieces: readonly Uint8Array[]): Digest {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

/**
 * Identity of a set of tensors: names, dtypes, shapes and bytes, and not the order or the layout of the file they came from.
 * SHA-256 over, for each name in code-unit order, the line `["name","F32",[2,3]]\n` (JSON without spaces) followed by the
 * little-endian bytes. The line fixes the number of bytes, so no two different sets feed the hash alike.
 */
export function digestTensors(tensors: NamedTensors): Digest {
  const hash = createHash('sha256');
  for (const name of Object.keys(tensors).sort()) {
    const tensor = tensors[name]!;
    hash.update(`${JSON.stringify([name, safetensorsDTypes[tensor.dtype], tensor.shape])}\n`);
    hash.update(bytesOf(tensor));
  }
  return `sha256:${hash.digest('hex')}`;
}
