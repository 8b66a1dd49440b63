import { MissingTensorError, UnexpectedTensorError } from '@medlego/errors';
import { asFloat32, assertFinite, assertShape, type NamedTensors } from '@medlego/tensors';
import { paramShapes } from '../config/param-shapes.ts';
import { type VitConfig } from '../config/vit-config.ts';

/** Throws UnexpectedTensorError naming the first few of these names, if there are any. */
export function assertNoneLeft(names: readonly string[], source: string): void {
  if (names.length > 0) throw new UnexpectedTensorError({ source, params: names.slice(0, 5), count: names.length });
}

/**
 * Checks that a set of tensors is exactly a model of this configuration.
 *
 * @throws MissingTensorError, UnexpectedTensorError, ShapeMismatchError, InvalidValueError (a dtype other than float32),
 *         NonFiniteError at the first NaN or infinity
 */
export function assertParams(config: VitConfig, params: NamedTensors, source = 'backbone'): void {
  const shapes = paramShapes(config);
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = params[name];
    if (!tensor) throw new MissingTensorError({ param: name, source });
    assertShape(`${source}: ${name}`, shape, tensor.shape);
    assertFinite(`${source}: ${name}`, asFloat32(`${source}: ${name}`, tensor));
  }
  assertNoneLeft(
    Object.keys(params).filter((name) => !(name in shapes)),
    source,
  );
}
