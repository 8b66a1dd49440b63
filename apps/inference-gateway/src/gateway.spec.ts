import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactStore } from '@medlego/artifacts';
import { decodeImage, preprocessRaster } from '@medlego/data';
import { openEngine } from '@medlego/engine';
import { suiteFolder } from '@medlego/testing';
import { openBackboneByDigest, predictImages } from '@medlego/workflows';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { createGateway, InferenceClient, type Gateway } from './index.ts';
import { preprocessInput } from './inputs/preprocess-input.ts';
import { defaultInputLimits } from './inputs/tensor.ts';

const folder = suiteFolder();
const names = ['breast', 'blood', 'knee'];
let store: ArtifactStore;
let gateway: Gateway;
let images: Buffer[];
let base: string;

/** Probabilities by model and image, from the command's own path: one model, one image. */
let expected: Record<string, number[][]>;

beforeAll(async () => {
  store = await storeTinySpecialists(join(folder, 'store'), names);
  images = await Promise.all(
    [0, 1, 2].map((seed) =>
      sharp(Buffer.from(Uint8Array.from({ length: 12 * 10 * 3 }, (_, i) => (i * (seed + 3) * 37) % 256)), {
        raw: { width: 12, height: 10, channels: 3 },
      })
        .png()
        .toBuffer(),
    ),
  );
  gateway = await createGateway({
    store,
    models: names,
    threads: 1,
    followEveryMs: 20,
    adminToken: 'let me',
    maxBatch: 8,
    maxDelayMs: 25, // so that what is asked at once shares passes on a busy machine too
  });
  base = `http://127.0.0.1:${gateway.http.port}`;
  const engine = await openEngine({ intraOpThreads: 1 });
  const files = await Promise.all(
    images.map(async (bytes, i) => {
      const file = join(folder, `${i}.png`);
      await writeFile(file, bytes);
      return file;
    }),
  );
  expected = {};
  for (const name of names) {
    const artifact = await store.get(name);
    const backbone = await openBackboneByDigest(store, artifact.manifest.backbone!, []);
    const answers = await predictImages({ engine, store, backbone, artifact, files });
    expected[name] = answers.map(({ probabilities }) => Object.values(probabilities));
  }
  await engine.dispose();
}, 60_000);

afterAll(() => gateway.close());

const png = (i: number) => ({ name: 'image', datatype: 'BYTES', shape: [1], data: [images[i]!.toString('base64')] });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

interface Answer {
  readonly model_version: string;
  readonly outputs: readonly { readonly name: string; readonly shape: number[]; readonly data: number[] }[];
}
const ask = async (name: string, i: number): Promise<Answer> => {
  const response = await post(`/v2/models/${name}/infer`, { inputs: [png(i)] });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
};
const near = (actual: readonly number[], wanted: readonly number[]) => {
  expect(actual).toHaveLength(wanted.length);
  actual.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-5));
};

describe('over REST', () => {
  it('says what it serves and that it is ready', async () => {
    expect(await (await fetch(`${base}/v2`)).json()).toMatchObject({ name: 'medlego' });
    expect((await fetch(`${base}/v2/health/live`)).status).toBe(200);
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200);
    expect((await fetch(`${base}/v2/models/blood/ready`)).status).toBe(200);
    expect(await (await fetch(`${base}/v2/models/blood`)).json()).toMatchObject({
      name: 'blood',
      inputs: [{ name: 'image', datatype: 'UINT8', shape: [-1, -1, -1, 3] }],
      outputs: [{ name: 'blood', datatype: 'FP32', shape: [-1, 3] }],
    });
  });

  it('answers a batch of several models row by row as each model alone', async () => {
    const asked = names.flatMap((name) => [0, 1, 2].map((i) => ({ name, i })));
    const answers = await Promise.all(asked.map(({ name, i }) => ask(name, i)));
    answers.forEach(({ outputs }, at) => near(outputs[0]!.data, expected[asked[at]!.name]![asked[at]!.i]!));
    const { statistics } = gateway.models.slot('blood');
    expect(statistics.meanBatch(Date.now())).toBeGreaterThan(1); // they did share passes
  });

  it('takes raw tensors behind the JSON and answers in kind', async () => {
    const { data } = await sharp(images[1]).raw().toBuffer({ resolveWithObject: true });
    const header = Buffer.from(
      JSON.stringify({
        id: 'seven',
        inputs: [
          { name: 'image', datatype: 'UINT8', shape: [1, 10, 12, 3], parameters: { binary_data_size: data.length } },
        ],
        outputs: [{ name: 'blood', parameters: { binary_data: true } }],
      }),
    );
    const response = await fetch(`${base}/v2/models/blood/infer`, {
      method: 'POST',
      headers: { 'inference-header-content-length': String(header.length), 'content-type': 'application/octet-stream' },
      body: new Uint8Array(Buffer.concat([header, data])),
    });
    const body = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('inference-header-content-length'));
    const document = JSON.parse(body.subarray(0, length).toString()) as { id: string };
    expect(document.id).toBe('seven');
    near([...new Float32Array(new Uint8Array(body.subarray(length)).buffer)], expected['blood']![1]!);
  });

  it.each([
    ['/v2/models/blod/infer', {}, 404, 'blood'],
    ['/v2/models/blood/infer', { inputs: [] }, 400, 'image'],
    ['/v2/models/blood/infer', { inputs: [{ name: 'image', datatype: 'INT8', shape: [1], data: [] }] }, 400, 'UINT8'],
    [
      '/v2/models/blood/infer',
      { inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, 2, 2, 3], data: [1] }] },
      400,
      '12',
    ],
    [
      '/v2/models/blood/infer',
      { inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data: ['AAAA'] }] },
      400,
      'image',
    ],
    ['/v2/models/blood/infer', 'nothing', 400, 'object'],
  ])('refuses a wrong request to %s (%j) with a sentence', async (path, body, status, word) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    expect(((await response.json()) as { error: string }).error).toContain(word);
  });

  it('names the nearest output', async () => {
    const response = await post('/v2/models/blood/infer', { inputs: [png(0)], outputs: [{ name: 'blod' }] });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('blood?');
  });

  it('lets only the admin token change models', async () => {
    expect((await post('/v2/repository/models/blood/load', {})).status).toBe(401);
    expect((await post('/v2/repository/models/blood/load', {}, { authorization: 'Bearer let me in' })).status).toBe(
      401,
    );
    expect((await post('/v2/repository/models/blood/load', {}, { authorization: 'Bearer let me' })).status).toBe(200);
    expect(await (await post('/v2/repository/index', {})).json()).toContainEqual(
      expect.objectContaining({ name: 'blood', state: 'READY' }),
    );
  });

  it('counts, under the names that dashboards know', async () => {
    expect(await (await fetch(`${base}/metrics`)).text()).toMatch(
      /nv_inference_count\{model="blood",version="sha256:\w+"\} [1-9]/,
    );
    expect(await (await fetch(`${base}/v2/models/blood/stats`)).json()).toMatchObject({
      model_stats: [{ name: 'blood', inference_count: expect.any(Number) as number }],
    });
  });

  it('gives the console models, lineage, traffic and predictions', async () => {
    const get = async (path: string) => (await fetch(`${base}/api/v1${path}`)).json();
    expect(await get('/models')).toMatchObject({ models: [{ name: 'blood' }, { name: 'breast' }, { name: 'knee' }] });
    expect(await get('/models/knee')).toMatchObject({ serving: 1, versions: [{ version: 1 }] });
    expect(await get('/models/knee/lineage')).toMatchObject({ nodes: [{ kind: 'specialist', names: ['knee'] }] });
    expect(await get('/traffic')).toMatchObject({ models: [{ name: 'breast' }, {}, {}] });
    const response = await fetch(`${base}/api/v1/models/knee/predict`, {
      method: 'POST',
      body: new Uint8Array(images[2]!),
    });
    const { predictions } = (await response.json()) as { predictions: { probabilities: Record<string, number> }[] };
    near(Object.values(predictions[0]!.probabilities), expected['knee']![2]!);
    expect((await fetch(`${base}/api/v1/models/knee/merge-report`)).status).toBe(404);
  });
});

describe('over gRPC', () => {
  const call = <T>(method: string, request: object): Promise<T> => {
    const client = new InferenceClient(`127.0.0.1:${gateway.grpc.port}`, credentials.createInsecure());
    return new Promise<T>((resolve, reject) => {
      client.makeUnaryRequest(
        inferencePath(method),
        InferenceClient.service[method]!.requestSerialize,
        InferenceClient.service[method]!.responseDeserialize,
        request,
        new Metadata(),
        (error: ServiceError | null, answer?: unknown) => (error ? reject(error) : resolve(answer as T)),
      );
    }).finally(() => client.close());
  };
  const inferencePath = (method: string) => `/inference.GRPCInferenceService/${method}`;

  it('answers raw contents with raw contents', async () => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(images[0]!.length);
    const answer = await call<{ raw_output_contents: Buffer[]; outputs: { name: string; shape: number[] }[] }>(
      'ModelInfer',
      {
        model_name: 'breast',
        inputs: [{ name: 'image', datatype: 'BYTES', shape: [1] }],
        raw_input_contents: [Buffer.concat([length, images[0]!])],
      },
    );
    expect(answer.outputs).toMatchObject([{ name: 'breast', shape: [1, 3] }]);
    near([...new Float32Array(new Uint8Array(answer.raw_output_contents[0]!).buffer)], expected['breast']![0]!);
  });

  it('answers typed contents, metadata and health', async () => {
    expect(await call('ServerReady', {})).toEqual({ ready: true });
    expect(await call('ModelMetadata', { name: 'breast' })).toMatchObject({
      outputs: [{ name: 'breast', shape: [-1, 3] }],
    });
    const { data } = await sharp(images[2]).raw().toBuffer({ resolveWithObject: true });
    const answer = await call<{ raw_output_contents: Buffer[] }>('ModelInfer', {
      model_name: 'knee',
      inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, 10, 12, 3], contents: { uint_contents: [...data] } }],
    });
    near([...new Float32Array(new Uint8Array(answer.raw_output_contents[0]!).buffer)], expected['knee']![2]!);
  });

  it('refuses with a status and a sentence', async () => {
    await expect(call('ModelReady', { name: 'knei' })).rejects.toMatchObject({
      code: 5,
      details: expect.stringContaining('knee') as string,
    });
    await expect(call('ModelInfer', { model_name: 'knee', inputs: [] })).rejects.toMatchObject({ code: 3 });
  });
});

describe('versions', () => {
  it('swaps under load without a failed or a mixed answer, follows the name, and rolls back at once', async () => {
    const second = await store.resolve('blood');
    const first = await store.resolve('knee');
    await store.setName('specialist', 'swapped', first);
    await gateway.models.load('swapped');
    const wanted = { [first]: expected['knee']![0]!, [second]: expected['blood']![0]! };
    const stop = new AbortController();
    const seen = new Set<string>();
    const client = async () => {
      while (!stop.signal.aborted) {
        const { model_version, outputs } = await ask('swapped', 0);
        near(outputs[0]!.data, wanted[model_version]!);
        seen.add(model_version);
      }
    };
    const load = Promise.all([client(), client(), client(), client()]);
    for (let swap = 1; swap <= 6; swap++) {
      const target = swap % 2 === 1 ? second : first;
      await store.setName('specialist', 'swapped', target);
      await expect.poll(() => gateway.models.current('swapped').artifact.digest, { timeout: 5000 }).toBe(target);
    }
    stop.abort();
    await load;
    expect([...seen].sort()).toEqual([first, second].sort());
    await post('/v2/repository/models/swapped/rollback', {}, { authorization: 'Bearer let me' });
    expect(gateway.models.current('swapped').artifact.digest).toBe(second);
    await new Promise((resolve) => setTimeout(resolve, 100)); // the name still points at the version that was left
    expect((await ask('swapped', 0)).model_version).toBe(second);
  }, 30_000);

  it('serves the old version while a new one does not load', async () => {
    const digest = gateway.models.current('knee').artifact.digest;
    await expect(gateway.models.load('knee', 'nowhere')).rejects.toMatchObject({ code: 'artifact_not_found' });
    expect((await ask('knee', 0)).model_version).toBe(digest);
  });
});

it('hands the backbone bit for bit what training hands it', async () => {
  const { preprocess: spec } = gateway.models.current('knee').backbone;
  const trained = preprocessRaster(await decodeImage(images[0]!), spec);
  const bytes = { name: 'image', datatype: 'BYTES', shape: [1], data: [new Uint8Array(images[0]!)] };
  const { data } = await sharp(images[0]).raw().toBuffer({ resolveWithObject: true });
  const pixels = { name: 'image', datatype: 'UINT8', shape: [1, 10, 12, 3], data: new Uint8Array(data) };
  for (const tensor of [bytes, pixels, { ...pixels, data: [...data] }])
    expect((await preprocessInput(tensor, spec, defaultInputLimits))[0]).toEqual(trained);
});

it('drains: what waits is answered, new requests are refused, and the ports are free again', async () => {
  const other = await createGateway({ store, models: ['knee'], threads: 1, maxDelayMs: 200 });
  const url = `http://127.0.0.1:${other.http.port}/v2/models/knee/infer`;
  const waiting = fetch(url, { method: 'POST', body: JSON.stringify({ inputs: [png(0)] }) });
  await expect.poll(() => other.models.queuedOf('knee')).toBe(1);
  const closed = other.close();
  expect((await waiting).status).toBe(200);
  await closed;
  await expect(fetch(url)).rejects.toThrow();
});
