import { InvalidValueError } from '@medlego/errors';
import { attentionMethods, type AttentionMethod } from '@medlego/vit';
import type { FastifyInstance } from 'fastify';
import { noteAnswer } from '../access/audited.ts';
import type { ReportInput } from '../dicom/structured-report.ts';
import { infer, type InferAnswer } from '../inputs/infer.ts';
import { overlay } from '../inputs/overlay.ts';
import { inputName } from '../inputs/preprocess-input.ts';
import { parsePictureOptions } from '../inputs/request-options.ts';
import type { InputLimits } from '../inputs/tensor.ts';
import type { ModelHost } from '../models/model-host.ts';

interface PredictRequest {
  readonly Params: { readonly name: string };
  readonly Querystring: Readonly<Record<string, unknown>>;
  readonly Body: Buffer;
}

/**
 * `POST /api/v1/models/NAME/predict[?explain=rollout|attention][&frame=N][&window=N][&format=dicom-sr]`: one file (PNG, JPEG, DICOM, ...) as the
 * body, probabilities of all tasks as the answer; a DICOM SR about a DICOM file where `format` or `Accept: application/dicom` asks for it.
 */
export function registerPredict(app: FastifyInstance, host: ModelHost, limits: InputLimits): void {
  const predict = { config: { needs: ['predict'] as const } };
  app.post<PredictRequest>('/api/v1/models/:name/predict', predict, async (request, reply) => {
    const { name } = request.params;
    const method = explainOf(request.query);
    const wantsReport = wantsDicom(request.query, request.headers.accept);
    const picture = parsePictureOptions(request.query);
    host.current(name); // an unknown model is said before anything about the body
    const file = toFile(request.body);
    const answer = await infer(host, { model: name, inputs: [fileInput(file)], ...picture, explain: method }, limits);
    noteAnswer(request.audited, answer);
    if (wantsReport)
      return reply.type('application/dicom').send(await toReport({ file, model: name, answer, picture }));
    return {
      artifact: answer.version.artifact.digest,
      predictions: predictionsOf(answer),
      overlay: answer.attention ? await overlay(answer.attention, answer.version.backbone.preprocess) : null,
    };
  });
}

/** As `structuredReport`; its library is large and loaded by the first report. */
export async function toReport(input: ReportInput): Promise<Buffer> {
  const { structuredReport } = await import('../dicom/structured-report.ts');
  return Buffer.from(structuredReport(input));
}

/** @throws InvalidValueError for a request without a body */
export function toFile(body: Buffer | undefined): Uint8Array {
  if (body && body.length > 0) return new Uint8Array(body);
  throw new InvalidValueError({ field: 'body', expected: 'an image file', actual: 'nothing' });
}

export const fileInput = (file: Uint8Array) => ({ name: inputName, datatype: 'BYTES', shape: [1], data: [file] });

/** Probabilities of the first image by task and label. */
export const predictionsOf = ({ version, outputs }: InferAnswer) =>
  outputs.map(({ name: task, data }) => {
    const { labels } = version.heads.find((head) => head.task.name === task)!.task;
    return { task, probabilities: Object.fromEntries(labels.map((label, i) => [label, data[i]!])) };
  });

function explainOf({ explain }: Readonly<Record<string, unknown>>): AttentionMethod | undefined {
  if (explain === undefined) return undefined;
  const method = attentionMethods.find((known) => known === explain);
  if (method) return method;
  throw new InvalidValueError({ field: 'explain', expected: attentionMethods.join(' or '), actual: String(explain) });
}

/** @throws InvalidValueError for a format that there is not */
export function wantsDicom({ format }: Readonly<Record<string, unknown>>, accept: string | undefined): boolean {
  if (format === undefined) return /\bapplication\/dicom(?![\w+])/.test(accept ?? '');
  if (format !== 'json' && format !== 'dicom-sr')
    throw new InvalidValueError({ field: 'format', expected: 'json or dicom-sr', actual: String(format) });
  return format === 'dicom-sr';
}
