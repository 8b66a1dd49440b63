import { bottleneckExpansion, bottlenecks, poolGrid, poolWidth, type ModifiedResnetConfig } from './resnet-config.ts';

/** Shapes of all parameters by open_clip's names, kernels [out, in, h, w], weights [out, in]; running statistics are among them. */
export function resnetShapes(config: ModifiedResnetConfig): Readonly<Record<string, readonly number[]>> {
  const { inChans, width, embedDim } = config;
  const shapes: Record<string, readonly number[]> = {};
  const convNorm = (conv: string, norm: string, kernel: readonly number[]) => {
    shapes[`${conv}.weight`] = kernel;
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes[`${norm}.${part}`] = [kernel[0]!];
  };
  convNorm('conv1', 'bn1', [width / 2, inChans, 3, 3]);
  convNorm('conv2', 'bn2', [width / 2, width / 2, 3, 3]);
  convNorm('conv3', 'bn3', [width, width / 2, 3, 3]);
  for (const { path, inner, planes, downsample } of bottlenecks(config)) {
    const out = planes * bottleneckExpansion;
    convNorm(`${path}.conv1`, `${path}.bn1`, [planes, inner, 1, 1]);
    convNorm(`${path}.conv2`, `${path}.bn2`, [planes, planes, 3, 3]);
    convNorm(`${path}.conv3`, `${path}.bn3`, [out, planes, 1, 1]);
    if (downsample) convNorm(`${path}.downsample.0`, `${path}.downsample.1`, [out, inner, 1, 1]);
  }
  const dim = poolWidth(config);
  shapes['attnpool.positional_embedding'] = [poolGrid(config) ** 2 + 1, dim];
  for (const [name, out] of Object.entries({ q_proj: dim, k_proj: dim, v_proj: dim, c_proj: embedDim })) {
    shapes[`attnpool.${name}.weight`] = [out, dim];
    shapes[`attnpool.${name}.bias`] = [out];
  }
  return shapes;
}
