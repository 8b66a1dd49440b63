import type { FastifyInstance } from 'fastify';
import { noteAnswer } from '../access/audited.ts';
import { infer, versionOf } from '../inputs/infer.ts';
import { parsePictureOptions, parseRequestOptions } from '../inputs/request-options.ts';
import { rawOf } from '../inputs/binary.ts';
import { modelMetadata, serverMetadata } from '../metadata.ts';
import type { ModelHost } from '../models/model-host.ts';
import { parseInferBody } from './binary-body.ts';
import type { HttpOptions } from './create-http.ts';

interface ModelParams {
  readonly name: string;
  readonly version?: string;
}

const headerName = 'inference-header-content-length';

/** Open Inference Protocol v2: health, metadata and inference, with Triton's binary tensors. */
export function registerOip(
  app: FastifyInstance,
  host: ModelHost,
  { limits, notReady }: Pick<HttpOptions, 'limits' | 'notReady'>,
): void {
  const open = { config: { needs: 'open' } } as const;
  const look = { config: { needs: ['read', 'predict'] } } as const;
  const predict = { config: { needs: ['predict'] } } as const;
  app.get('/v2', look, () => serverMetadata);
  app.get('/v2/health/live', open, () => ({ live: true }));
  app.get('/v2/health/ready', open, async (_, reply) => {
    const reason = notReady();
    return reply
      .code(reason === undefined ? 200 : 503)
      .send(reason === undefined ? { ready: true } : { error: reason });
  });
  for (const path of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    app.get<{ Params: ModelParams }>(path, look, ({ params: { name, version } }) =>
      modelMetadata(host, name, versionOf(host, { model: name, version })),
    );
    app.get<{ Params: ModelParams }>(`${path}/ready`, look, ({ params: { name, version } }) => {
      versionOf(host, { model: name, version });
      return { ready: true };
    });
    app.post<{ Params: ModelParams; Body: Buffer }>(`${path}/infer`, predict, async (request, reply) => {
      const { name, version } = request.params;
      versionOf(host, { model: name, version }); // an unknown model is said before anything about the body
      const length = request.headers[headerName];
      const body = parseInferBody(request.body ?? Buffer.alloc(0), length === undefined ? undefined : Number(length));
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
          ...parsePictureOptions(body.parameters),
          signal: gone.signal,
        },
        limits,
      );
      noteAnswer(request.audited, answer);
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
