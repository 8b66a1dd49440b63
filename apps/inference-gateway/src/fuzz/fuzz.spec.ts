import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { credentials, Metadata, type Client, type ServiceError } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readNpz } from '@medlego/data';
import { pattern } from '@medlego/data/testing';
import { AppError } from '@medlego/errors';
import { suiteFolder } from '@medlego/testing';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { createGateway, InferenceClient, type Gateway } from '../index.ts';
import { edits, mutate } from './mutate.ts';
import { fileSeeds, npzSeed } from './seeds.ts';

/*
 * What a server must survive: mutated files and requests. MEDLEGO_FUZZ_CASES cases in all (300 by default, so that everyday tests stay
 * quick), from MEDLEGO_FUZZ_SEED on. Every case is answered in time, by an answer or by a refusal in words; memory stays where it was.
 */
const cases = Number(process.env['MEDLEGO_FUZZ_CASES'] ?? 300);
const seed = Number(process.env['MEDLEGO_FUZZ_SEED'] ?? 1);
const share = (part: number) => ({ numRuns: Math.ceil(cases * part), seed, endOnFailure: true });
const limitMs = Math.max(60_000, cases * 500);

/** No answer within this counts as a hang; a broken codestream may take its thread's half minute, a busy machine more. */
const answerMs = 60_000;
/** Resident memory that caches, compiled graphs and pools may still take after the first cases. */
const slackBytes = 300 * 1024 ** 2;

const folder = suiteFolder();
let gateway: Gateway;
let client: Client;
let base: string;
let seeds: Readonly<Record<string, Uint8Array>>;
let residentBefore = 0;

beforeAll(async () => {
  const store = await storeTinySpecialists(join(folder, 'store'), ['knee']);
  gateway = await createGateway({
    store,
    models: ['knee'],
    threads: 1,
    maxBodyBytes: 1024 ** 2,
    limits: { maxPixels: 4e6 },
  });
  base = `http://127.0.0.1:${gateway.http.port}`;
  client = new InferenceClient(`127.0.0.1:${gateway.grpc.port}`, credentials.createInsecure());
  seeds = await fileSeeds();
  for (const [name, bytes] of Object.entries(seeds)) expect((await postFile(bytes)).status, name).toBe(200);
}, 120_000);
afterAll(async () => {
  client?.close();
  await gateway?.close();
});

beforeEach(() => (residentBefore = process.memoryUsage.rss()));
afterEach(async () => {
  expect((await postFile(seeds['png']!)).status).toBe(200); // still serves
  expect(gateway.models.computeFailure).toBeUndefined();
  expect(process.memoryUsage.rss() - residentBefore).toBeLessThan(slackBytes);
});

const post = (path: string, body: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(`${base}${path}`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers,
    signal: AbortSignal.timeout(answerMs),
  });
const postFile = (bytes: Uint8Array, query = '') => post(`/api/v1/models/knee/predict${query}`, bytes);

/** An answer, or a refusal that blames the request and says why. */
async function assertAnswered(response: Response): Promise<void> {
  const text = await response.text();
  if (response.status === 200 || response.status === 202) return;
  if (response.status === 409) return; // STOW tells of each file
  expect([400, 413, 415, 501], text).toContain(response.status);
  expect((JSON.parse(text) as { error: string }).error.length, text).toBeGreaterThan(10);
}

const seedNames = fc.nat().map((index) => Object.keys(seeds)[index % Object.keys(seeds).length]!);

describe('mutated requests', () => {
  it(
    'of files are answered or refused',
    async () => {
      const query = fc.constantFrom('', '?explain=rollout', '?frame=1', '?window=1', '?format=dicom-sr');
      await fc.assert(
        fc.asyncProperty(seedNames, edits, query, async (name, changes, options) => {
          await assertAnswered(await postFile(mutate(seeds[name]!, changes), options));
        }),
        share(0.5),
      );
    },
    limitMs,
  );

  it(
    'of JSON are answered or refused',
    async () => {
      const image = (data: unknown) => ({ name: 'image', datatype: 'UINT8', shape: [1, 2, 2, 3], data });
      const valid = JSON.stringify({
        id: 'a',
        inputs: [image([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])],
        outputs: [{ name: 'knee' }],
      });
      const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1e300, null, '', [], {}, 2 ** 53, [[[[[]]]]]));
      const tensor = fc.record(
        {
          name: fc.oneof(fc.constant('image'), odd),
          datatype: fc.oneof(fc.constantFrom('UINT8', 'FP32', 'BYTES'), odd),
          shape: odd,
          data: odd,
          parameters: odd,
        },
        { requiredKeys: [] },
      );
      const document = fc.record(
        { id: odd, parameters: odd, inputs: fc.oneof(fc.array(tensor, { maxLength: 3 }), odd), outputs: odd },
        { requiredKeys: [] },
      );
      const body = fc.oneof(
        edits.map((changes) => mutate(Buffer.from(valid), changes)),
        document.map((value) => Buffer.from(JSON.stringify(value))),
      );
      const length = fc.option(
        fc.oneof(fc.integer({ min: -2, max: 400 }).map(String), fc.constantFrom('x', '1e9', '')),
        { nil: undefined },
      );
      await fc.assert(
        fc.asyncProperty(body, length, async (bytes, header) => {
          const headers = header === undefined ? undefined : { 'inference-header-content-length': header };
          await assertAnswered(await post('/v2/models/knee/infer', bytes, headers));
        }),
        share(0.2),
      );
    },
    limitMs,
  );

  it(
    'of multipart bodies are answered or refused',
    async () => {
      await fc.assert(
        fc.asyncProperty(seedNames, edits, edits, async (name, inside, outside) => {
          const head = '--b\r\nContent-Type: application/dicom\r\n\r\n';
          const body = Buffer.concat([Buffer.from(head), mutate(seeds[name]!, inside), Buffer.from('\r\n--b--\r\n')]);
          const headers = { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' };
          await assertAnswered(
            await post('/dicom-web/models/knee/studies', mutate(body, outside.slice(0, 2)), headers),
          );
        }),
        share(0.1),
      );
    },
    limitMs,
  );

  it(
    'of protobuf are answered or refused',
    async () => {
      const { path, requestSerialize, responseDeserialize } = InferenceClient.service['ModelInfer']!;
      const encode = (datatype: string, shape: number[], raw: Uint8Array) =>
        requestSerialize({
          model_name: 'knee',
          inputs: [{ name: 'image', datatype, shape }],
          raw_input_contents: [raw],
        });
      const element = (bytes: Uint8Array) => {
        const size = Buffer.alloc(4);
        size.writeUInt32LE(bytes.length);
        return Buffer.concat([size, bytes]);
      };
      const valid = [encode('UINT8', [1, 4, 4, 3], pattern(48)), encode('BYTES', [1], element(seeds['png']!))];
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...valid), edits, async (bytes, changes) => {
          const error = await new Promise<ServiceError | null>((resolve) => {
            const deadline = { deadline: Date.now() + answerMs };
            client.makeUnaryRequest(
              path,
              (raw: Buffer) => raw,
              responseDeserialize,
              Buffer.from(mutate(bytes, changes)),
              new Metadata(),
              deadline,
              resolve,
            );
          });
          // 3 INVALID_ARGUMENT, 5 NOT_FOUND, 8 RESOURCE_EXHAUSTED, 12 UNIMPLEMENTED; what is no message at all is told by the transport.
          if (error && !/deserializ/i.test(error.details)) expect([3, 5, 8, 12], error.message).toContain(error.code);
        }),
        share(0.1),
      );
    },
    limitMs,
  );
});

it(
  'mutated npz archives are read or refused',
  async () => {
    const whole = npzSeed();
    const path = join(folder, 'mutated.npz');
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        await writeFile(path, mutate(whole, changes));
        try {
          await readNpz(path, { limits: { maxBytes: 1e6 } });
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
        }
      }),
      share(0.1),
    );
  },
  limitMs,
);
