import { randomUUID } from 'node:crypto';
import { mapConcurrent } from '@medlego/async';
import { isDicom } from '@medlego/data';
import { InvalidValueError } from '@medlego/errors';
import { publicError } from '@medlego/rpc';
import type { FastifyInstance } from 'fastify';
import { noteAnswer } from '../access/audited.ts';
import { readInstance, type InstanceUids } from '../dicom/read-instance.ts';
import { infer } from '../inputs/infer.ts';
import { parsePictureOptions } from '../inputs/request-options.ts';
import type { InputLimits } from '../inputs/tensor.ts';
import type { ModelHost } from '../models/model-host.ts';
import { parseMultipart, toMultipart } from './multipart.ts';
import { fileInput, predictionsOf, toReport } from './predict-route.ts';
import { storeResponse } from './store-response.ts';

interface StowRequest {
  readonly Params: { readonly name: string };
  readonly Querystring: Readonly<Record<string, unknown>>;
  readonly Body: Buffer;
}

/** What became of one file. */
export interface InstanceOutcome extends InstanceUids {
  readonly artifact: string | null;
  readonly predictions: readonly { readonly task: string; readonly probabilities: Readonly<Record<string, number>> }[];
  /** In words; null for an answer. */
  readonly error: string | null;
}

/**
 * `POST /dicom-web/models/NAME/studies`, as STOW-RS sends images: DICOM files as `multipart/related`. Nothing is stored. The answer is JSON, a file after
 * the other; STOW's own store response for `Accept: application/dicom+json`; DICOM SRs for `Accept: multipart/related; type="application/dicom"`.
 * Status 200: all were answered; 202: some; 409: none.
 */
export function registerStow(app: FastifyInstance, host: ModelHost, limits: InputLimits): void {
  const predict = { config: { needs: ['predict'] as const } };
  app.post<StowRequest>('/dicom-web/models/:name/studies', predict, async (request, reply) => {
    const { name } = request.params;
    const { accept = '', 'content-type': contentType } = request.headers;
    const picture = parsePictureOptions(request.query);
    host.current(name);
    const parts = parseMultipart(contentType, request.body ?? Buffer.alloc(0), limits.maxRows);
    if (parts.length === 0)
      throw new InvalidValueError({ field: 'body', expected: 'one DICOM file or more', actual: 'none' });
    const wantsReports = /multipart\/related/i.test(accept);
    let rows = 0;
    const answered = await mapConcurrent(parts, { limit: 8 }, async ({ body }) => {
      const none = { sopClass: null, sopInstance: null };
      let uids: InstanceUids = none;
      try {
        if (!isDicom(body)) throw new InvalidValueError({ field: 'part', expected: 'a DICOM file', actual: 'another' });
        uids = readInstance(body, limits);
        const answer = await infer(host, { model: name, inputs: [fileInput(body)], ...picture }, limits);
        noteAnswer(request.audited, answer);
        rows++;
        const report = wantsReports ? await toReport({ file: body, model: name, answer, picture }) : null;
        const { digest } = answer.version.artifact;
        return { report, outcome: { ...uids, artifact: digest, predictions: predictionsOf(answer), error: null } };
      } catch (error) {
        const { http, message } = publicError(error);
        if (http >= 500 || http === 429) throw error; // the server's fault: the whole request may be sent again
        return { report: null, outcome: { ...uids, artifact: null, predictions: [], error: message } };
      }
    });
    request.audited.rows = rows;
    const outcomes: InstanceOutcome[] = answered.map(({ outcome }) => outcome);
    void reply.code(rows === outcomes.length ? 200 : rows > 0 ? 202 : 409);
    if (wantsReports && rows > 0) {
      const boundary = randomUUID();
      const reports = answered.flatMap(({ report }) => report ?? []);
      return reply
        .type(`multipart/related; type="application/dicom"; boundary=${boundary}`)
        .send(toMultipart(reports, boundary));
    }
    if (/application\/dicom\+json/i.test(accept))
      return reply.type('application/dicom+json').send(storeResponse(outcomes));
    return { instances: outcomes };
  });
}
