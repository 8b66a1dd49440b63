import { InvalidValueError } from '@medlego/errors';
import type { AdapterUpdates, LowRankUpdate } from '@medlego/linalg';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import type { BackboneModel } from '@medlego/training';
import { findModule, foldUpdates, modulePattern } from '@medlego/vit';

/** The weight that a module's update is added into. @throws InvalidValueError for a module that the backbone has not */
export function weightOf({ config }: BackboneModel, module: string): string {
  const place = findModule(config, module);
  if (place) return place.param;
  throw new InvalidValueError({ field: 'adapter module', expected: modulePattern(config), actual: module });
}

interface Folded {
  readonly updates: ReadonlyMap<string, LowRankUpdate>;
  readonly weight: HostTensor;
}

/**
 * Folds updates into weights, W + scaling B diag(E) A, and keeps the last result of every weight: where a candidate has the very
 * same updates as the one before, the same tensor comes back and nothing is computed.
 */
export function createFolder(backbone: BackboneModel): (updates: AdapterUpdates) => NamedTensors {
  const last = new Map<string, Folded>();
  return (updates) => {
    const byWeight = new Map<string, Map<string, LowRankUpdate>>();
    for (const [module, update] of Object.entries(updates)) {
      const weight = weightOf(backbone, module);
      byWeight.set(weight, (byWeight.get(weight) ?? new Map<string, LowRankUpdate>()).set(module, update));
    }
    const folded: Record<string, HostTensor> = {};
    for (const [name, modules] of byWeight) {
      const known = last.get(name);
      if (known && isSame(known.updates, modules)) folded[name] = known.weight;
      else {
        const { [name]: base } = backbone.params;
        const weight = foldUpdates(backbone.config, base ? { [name]: base } : {}, Object.fromEntries(modules))[name]!;
        last.set(name, { updates: modules, weight });
        folded[name] = weight;
      }
    }
    return folded;
  };
}

const isSame = (a: ReadonlyMap<string, LowRankUpdate>, b: ReadonlyMap<string, LowRankUpdate>): boolean =>
  a.size === b.size && [...a].every(([module, update]) => b.get(module) === update);
