import { InvalidValueError, ModelNotServedError, nearestName, UnsupportedModelError } from '@medlego/errors';
import { float32 } from '@medlego/tensors';
import { inSpan } from '@medlego/telemetry';
import { applyHead, toScores } from '@medlego/training';
import { isResnet, type AttentionMethod } from '@medlego/vit';
import type { InferOptions, ModelHost, ServedVersion } from '../models/model-host.ts';
import { inputName, preprocessInput } from './preprocess-input.ts';
import type { PictureOptions } from './request-options.ts';
import type { InputLimits, WireTensor } from './tensor.ts';

export interface InferRequest extends InferOptions, PictureOptions {
  readonly model: string;
  /** Digest that has to answer; default: whatever the name serves. */
  readonly version?: string;
  readonly inputs: readonly WireTensor[];
  /** Tasks; all by default. */
  readonly outputs?: readonly string[];
  /** Also tells where the model looked; of requests of one image. */
  readonly explain?: AttentionMethod;
}

export interface InferAnswer {
  readonly version: ServedVersion;
  /** Probabilities [images, labels] per task, in the order asked for. */
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
  }[];
  readonly attention?: ExplainedImage;
}

/** An image as the backbone got it, and the share of each of its patches, row by row. */
export interface ExplainedImage {
  readonly image: Float32Array;
  readonly shares: Float32Array;
}

/**
 * One request through decoding, the queue, the backbone and the heads asked for. One version answers all of it.
 * @throws ModelNotServedError, ModelNotReadyError, InvalidValueError and other typed errors of the input, and those of `ModelHost.infer`
 */
export const infer = (host: ModelHost, request: InferRequest, limits: InputLimits): Promise<InferAnswer> =>
  // Names a model only: nothing of what was asked about.
  inSpan({ name: 'infer', role: 'server', attributes: { 'medlego.model': request.model } }, () =>
    answer(host, request, limits),
  );

async function answer(host: ModelHost, request: InferRequest, limits: InputLimits): Promise<InferAnswer> {
  const version = versionOf(host, request);
  const [tensor] = request.inputs;
  if (request.inputs.length !== 1 || tensor!.name !== inputName)
    throw new InvalidValueError({
      field: 'inputs',
      expected: `one input, named ${inputName}`,
      actual: request.inputs.map(({ name }) => name).join(', ') || 'none',
    });
  const heads = headsOf(version, request.outputs);
  const { features, attention } = await host.use(version, async () => {
    const rows = await preprocessInput(tensor!, version.backbone.preprocess, limits, request);
    const explained =
      request.explain && rows.length === 1 ? explain(host, version, request.explain, rows[0]!) : undefined;
    const [answers, map] = await Promise.all([host.infer(request.model, version, rows, request), explained]);
    return { features: answers, attention: map };
  });
  const dim = features[0]!.length;
  const all = new Float32Array(features.length * dim);
  features.forEach((row, i) => all.set(row, i * dim));
  const outputs = heads.map(({ task, head }) => {
    const scores = toScores(task.kind, applyHead(float32([features.length, dim], all), head));
    return { name: task.name, shape: scores.shape, data: scores.data };
  });
  return { version, outputs, ...(attention && { attention }) };
}

async function explain(host: ModelHost, version: ServedVersion, method: AttentionMethod, image: Float32Array) {
  if (isResnet(version.backbone.config))
    throw new UnsupportedModelError({
      source: version.backbone.name,
      feature: 'explanations of a ResNet',
      supported: 'those of vision transformers',
    });
  return { image, shares: await host.explain(version, method, image) };
}

/** The current or the previous version, by digest. @throws ModelNotServedError */
export function versionOf(host: ModelHost, { model, version }: Pick<InferRequest, 'model' | 'version'>): ServedVersion {
  if (!version) return host.current(model);
  const { current, previous } = host.slot(model);
  const resident = [current, previous].filter((one) => one !== null);
  const found = resident.find(({ artifact }) => artifact.digest === version);
  if (!found)
    throw new ModelNotServedError({
      model: `${model} ${version}`,
      served: resident.map(({ artifact }) => artifact.digest),
    });
  return found;
}

function headsOf({ heads }: ServedVersion, wanted: readonly string[] | undefined) {
  if (!wanted || wanted.length === 0) return heads;
  const known = heads.map(({ task }) => task.name);
  return wanted.map((name) => {
    const head = heads.find(({ task }) => task.name === name);
    if (!head) {
      const near = nearestName(name, known);
      throw new InvalidValueError({
        field: 'outputs',
        expected: `${known.join(', ')}${near ? ` (${near}?)` : ''}`,
        actual: name,
      });
    }
    return head;
  });
}
