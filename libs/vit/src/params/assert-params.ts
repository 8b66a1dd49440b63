import { InvalidValueError, MissingTensorError, UnexpectedTensorError } from '@medlego/errors';
import { asFloat32, assertFinite, assertShape, type NamedTensors } from '@medlego/tensors';
import { paramShapes } from '../config/param-shapes.ts';
import { type BackboneConfig } from '../config/backbone-config.ts';

/** Throws UnexpectedTensorError naming the first few of these names, if there are any. */
export function assertNoneLeft(names: readonly string[], source: string): void {
  if (names.length > 0) throw new UnexpectedTensorError({ source, params: names.slice(0, 5), count: names.length });
}

/**
 * Checks that a set of tensors is exactly a model of this configuration.
 *
 * @throws MissingTensorError, UnexpectedTensorError, ShapeMismatchError, InvalidValueError (a dtype other than float32, a negative variance),
 *         NonFiniteError at the first NaN or infinity
 */
export function assertParams(config: BackboneConfig, params: NamedTensors, source = 'backbone'): void {
  const shapes = paramShapes(config);
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = params[name];
    if (!tensor) throw new MissingTensorError({ param: name, source });
    assertShape(`${source}: ${name}`, shape, tensor.shape);
    const values = asFloat32(`${source}: ${name}`, tensor);
    assertFinite(`${source}: ${name}`, values);
    const negative = name.endsWith('.running_var') ? values.data.findIndex((value) => value < 0) : -1;
    if (negative >= 0)
      throw new InvalidValueError({
        field: `${source}: ${name}[${negative}]`,
        expected: 'a variance, 0 or more',
        actual: values.data[negative],
      });
  }
  assertNoneLeft(
    Object.keys(params).filter((name) => !(name in shapes)),
    source,
  );
}
