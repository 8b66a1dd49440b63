import type { FastifyInstance } from 'fastify';
import { infer, versionOf } from '../inputs/infer.ts';
import { parseRequestOptions } from '../inputs/request-options.ts';
import { rawOf } from '../inputs/binary.ts';
import type { InputLimits } from '../inputs/tensor.ts';
import { modelMetadata, notReadyReason, serverMetadata } from '../metadata.ts';
import type { ModelHost } from '../models/model-host.ts';
import { parseInferBody } from './binary-body.ts';

interface ModelParams {
  readonly name: string;
  readonly version?: string;
}

const headerName = 'inference-header-content-length';

/** Open Inference Protocol v2: health, metadata and inference, with Triton's binary tensors. */
export function registerOip(app: FastifyInstance, host: ModelHost, limits: InputLimits): void {
  app.get('/v2', () => serverMetadata);
  app.get('/v2/health/live', () => ({ live: true }));
  app.get('/v2/health/ready', async (_, reply) => {
    const reason = notReadyReason(host);
    return reply
      .code(reason === undefined ? 200 : 503)
      .send(reason === undefined ? { ready: true } : { error: reason });
  });
  for (const path of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    app.get<{ Params: ModelParams }>(path, ({ params: { name, version } }) =>
      modelMetadata(host, name, versionOf(host, { model: name, version })),
    );
    app.get<{ Params: ModelParams }>(`${path}/ready`, ({ params: { name, version } }) => {
      versionOf(host, { model: name, version });
      return { ready: true };
    });
    app.post<{ Params: ModelParams; Body: Buffer }>(`${path}/infer`, async (request, reply) => {
      const { name, version } = request.params;
      versionOf(host, { model: name, version }); // an unknown model is said before anything about the body
      const length = request.headers[headerName];
      const body = parseInferBody(request.body, length === undefined ? undefined : Number(length));
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const answer = await infer(
        host,
        {
          model: name,
          version,
          inputs: body.inputs,
          outputs: body.outputs.map((output) => output.name),
          ...parseRequestOptions(body.parameters),
          signal: gone.signal,
        },
        limits,
      );
      const wanted = new Map(body.outputs.map((output) => [output.name, output.binary]));
      const allBinary = body.parameters['binary_data_output'] === true;
      const raw: Uint8Array[] = [];
      const outputs = answer.outputs.map(({ name: task, shape, data }) => {
        const head = { name: task, datatype: 'FP32', shape };
        if (!(wanted.get(task) ?? allBinary)) return { ...head, data: Array.from(data) };
        raw.push(rawOf(data));
        return { ...head, parameters: { binary_data_size: data.byteLength } };
      });
      const { digest } = answer.version.artifact;
      const document = {
        model_name: name,
        model_version: digest,
        ...(body.id !== undefined && { id: body.id }),
        parameters: { artifact: digest },
        outputs,
      };
      if (raw.length === 0) return document;
      const header = Buffer.from(JSON.stringify(document));
      return reply
        .header(headerName, header.length)
        .type('application/octet-stream')
        .send(Buffer.concat([header, ...raw]));
    });
  }
}
