import { float32, type NamedTensors } from '@medlego/tensors';
import { headBiasName, headWeightName } from '../head.ts';

/** Heads of several tasks as one: their labels one after the other. One head is given back as it is. */
export function joinHeads(heads: readonly NamedTensors[]): NamedTensors {
  if (heads.length === 1) return heads[0]!;
  const join = (name: string) => {
    const parts = heads.map((head) => head[name]!);
    const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
    const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
    let offset = 0;
    for (const part of parts) {
      data.set(part.data as Float32Array, offset);
      offset += part.data.length;
    }
    return float32([rows, ...parts[0]!.shape.slice(1)], data);
  };
  return { [headWeightName]: join(headWeightName), [headBiasName]: join(headBiasName) };
}

/** The other way, copied: one head per entry of `widths`, its number of labels. */
export function splitHead(head: NamedTensors, widths: readonly number[]): NamedTensors[] {
  if (widths.length === 1) return [head];
  const [weight, bias] = [head[headWeightName]!, head[headBiasName]!];
  const dim = weight.shape[1]!;
  let first = 0;
  return widths.map((width) => {
    const last = first + width;
    const part = {
      [headWeightName]: float32([width, dim], (weight.data as Float32Array).slice(first * dim, last * dim)),
      [headBiasName]: float32([width], (bias.data as Float32Array).slice(first, last)),
    };
    first = last;
    return part;
  });
}
