import { InvalidValueError, MissingTensorError, ShapeMismatchError } from '@medlego/errors';
import { asFloat32, assertFinite, assertShape, type NamedTensors } from '@medlego/tensors';
import { paramShapes } from '../config/param-shapes.ts';
import { isResnet, withoutHead, type BackboneConfig } from '../config/backbone-config.ts';
import { assertNoneLeft } from '../params/assert-params.ts';
import { type AdapterSpec } from './adapter-spec.ts';
import { findModule, modulePattern, moduleTarget, parseModulePath } from './modules.ts';

/** Factor names: `<module>.lora_A [rank, in]`, `<module>.lora_B [out, rank]`, `<module>.lora_E [rank]` for SVD-LoRA. */
export type FactorName = 'lora_A' | 'lora_B' | 'lora_E';

/** Module and factor of an adapter tensor's name; undefined if it is none. */
export function parseFactorName(name: string): { readonly module: string; readonly factor: FactorName } | undefined {
  const match = /^(.+)\.(lora_[ABE])$/.exec(name);
  return match && moduleTarget(match[1]!) ? { module: match[1]!, factor: match[2] as FactorName } : undefined;
}

/** Paths of the modules that have factors here, sorted by block and target. */
export function adaptedModules(tensors: Readonly<Record<string, unknown>>): string[] {
  const modules = Object.keys(tensors)
    .filter((name) => name.endsWith('.lora_A'))
    .map((name) => name.slice(0, -'.lora_A'.length));
  const key = (path: string) => parseModulePath(path)?.block ?? -1;
  return modules.sort((a, b) => key(a) - key(b) || (a < b ? -1 : 1));
}

/**
 * Checks that tensors in memory are an adapter of this kind for this backbone. Ranks may differ between modules, as they do
 * after a merge, up to `spec.rank`.
 *
 * @throws MissingTensorError, UnexpectedTensorError, ShapeMismatchError, InvalidValueError (dtype, block beyond the model's
 *         depth, rank 0 or above `spec.rank`), NonFiniteError
 */
export function assertAdapter(
  config: BackboneConfig,
  spec: AdapterSpec,
  tensors: NamedTensors,
  source = 'adapter',
): void {
  const left = new Set(Object.keys(tensors));
  const take = (name: string) => {
    const tensor = tensors[name];
    if (!tensor) throw new MissingTensorError({ param: name, source });
    left.delete(name);
    const label = `${source}: ${name}`;
    assertFinite(label, asFloat32(label, tensor));
    return { label, shape: tensor.shape };
  };
  if (spec.kind === 'full') {
    for (const [name, expected] of Object.entries(paramShapes(withoutHead(config)))) {
      const { label, shape } = take(name);
      assertShape(label, expected, shape);
    }
  } else if (spec.kind !== 'head-only') {
    for (const module of adaptedModules(tensors)) {
      if (!moduleTarget(module)) continue; // left over, and refused below
      const place = findModule(config, module);
      if (!place)
        throw new InvalidValueError({
          field: `${source}: ${module}`,
          expected: isResnet(config) ? modulePattern(config) : `a block below the backbone's depth ${config.depth}`,
          actual: parseModulePath(module)?.block ?? module,
        });
      const { out, in: inner } = place;
      const a = take(`${module}.lora_A`);
      const rank = a.shape[0] ?? 0;
      if (rank < 1 || rank > spec.rank)
        throw new InvalidValueError({ field: `${a.label} rank`, expected: `1 to ${spec.rank}`, actual: rank });
      assertShape(a.label, [rank, inner], a.shape);
      const b = take(`${module}.lora_B`);
      assertShape(b.label, [out, rank], b.shape);
      if (spec.kind === 'svd-lora') {
        const e = take(`${module}.lora_E`);
        assertShape(e.label, [rank], e.shape);
      }
    }
  }
  assertNoneLeft([...left], source);
}

/** Row count of a factor A [rank, in]. @throws ShapeMismatchError if it is no matrix */
export function rankOf(name: string, shape: readonly number[]): number {
  if (shape.length !== 2) throw new ShapeMismatchError({ param: name, expected: [-1, -1], actual: shape });
  return shape[0]!;
}
