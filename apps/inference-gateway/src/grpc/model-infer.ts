import { noteAnswer } from '../access/audited.ts';
import { rawOf } from '../inputs/binary.ts';
import { infer } from '../inputs/infer.ts';
import { parsePictureOptions, parseRequestOptions } from '../inputs/request-options.ts';
import type { InputLimits } from '../inputs/tensor.ts';
import type { ModelHost } from '../models/model-host.ts';
import { valueOf, type ModelInferRequest } from './messages.ts';
import { toTensors } from './to-tensors.ts';
import type { CallInfo } from './unary.ts';

/** `ModelInfer`: answers with raw contents, whatever the request had. @throws as `infer` */
export async function modelInfer(
  host: ModelHost,
  limits: InputLimits,
  request: ModelInferRequest,
  { signal, timeLeftMs, audited }: CallInfo,
) {
  const parameters = Object.fromEntries(
    Object.entries(request.parameters).map(([name, parameter]) => [name, valueOf(parameter)]),
  );
  const { timeoutMs, priority } = parseRequestOptions(parameters);
  const answer = await infer(
    host,
    {
      model: request.model_name,
      version: request.model_version,
      inputs: toTensors(request),
      outputs: request.outputs.map(({ name }) => name),
      priority,
      timeoutMs: Math.min(timeoutMs, timeLeftMs),
      signal,
      ...parsePictureOptions(parameters),
    },
    limits,
  );
  noteAnswer(audited, answer);
  const { digest } = answer.version.artifact;
  return {
    model_name: request.model_name,
    model_version: digest,
    id: request.id,
    parameters: { artifact: { string_param: digest } },
    outputs: answer.outputs.map(({ name, shape }) => ({ name, datatype: 'FP32', shape })),
    raw_output_contents: answer.outputs.map(({ data }) => rawOf(data)),
  };
}
