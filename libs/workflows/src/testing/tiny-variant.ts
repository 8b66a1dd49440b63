import { specialistFiles, type ArtifactStore } from '@medlego/artifacts';
import { encodeSafetensors, parseSafetensors, type NamedTensors } from '@medlego/tensors';

export interface TinyVariant {
  /** What all numbers of the adapter are multiplied by. */
  readonly adapter?: number;
  /** What all numbers of the head are multiplied by. */
  readonly head?: number;
  /** Tells apart variants with the same tensors. */
  readonly seed?: number;
}

const scaled = (tensors: NamedTensors, factor: number): NamedTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      { ...tensor, data: (tensor.data as Float32Array).map((value) => value * factor) },
    ]),
  );

/** Stores a specialist again with other numbers, as a later training would leave it; its digest. For specs. */
export async function storeTinyVariant(store: ArtifactStore, ref: string, variant: TinyVariant): Promise<string> {
  const original = await store.get(ref, { kind: 'specialist' });
  const factors: Readonly<Record<string, number>> = {
    [specialistFiles.adapter]: variant.adapter ?? 1,
    [specialistFiles.head]: variant.head ?? 1,
  };
  const files = await Promise.all(
    Object.keys(original.manifest.files).map(async (file) => {
      const bytes = await store.readFile(original, file);
      const factor = factors[file];
      if (factor === undefined) return [file, bytes] as const;
      const { tensors, metadata } = parseSafetensors(bytes, file);
      return [file, encodeSafetensors(scaled(tensors, factor), metadata)] as const;
    }),
  );
  const { manifest } = original;
  const config = { ...manifest.config, seed: variant.seed ?? 0 };
  return (await store.put({ ...manifest, files: Object.fromEntries(files), config })).digest;
}
