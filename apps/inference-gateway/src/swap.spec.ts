import { join } from 'node:path';
import { credentials, Metadata, type Client } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ArtifactStore } from '@medlego/artifacts';
import { pattern } from '@medlego/data/testing';
import { suiteFolder } from '@medlego/testing';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { createGateway, InferenceClient, type Gateway } from './index.ts';

const folder = suiteFolder();
const swaps = 20;
const [side, rows] = [8, 3];
let store: ArtifactStore;
let gateway: Gateway;
let client: Client;

beforeAll(async () => {
  store = await storeTinySpecialists(join(folder, 'store'), ['first', 'second', 'other']);
  await store.setName('specialist', 'swapped', await store.resolve('first'));
  gateway = await createGateway({
    store,
    models: ['swapped', 'first', 'second', 'other'],
    threads: 1,
    followEveryMs: 10,
  });
  client = new InferenceClient(`127.0.0.1:${gateway.grpc.port}`, credentials.createInsecure());
}, 60_000);
afterAll(async () => {
  client?.close();
  await gateway?.close();
});

interface Answer {
  readonly version: string;
  /** Probabilities of all rows. */
  readonly values: readonly number[];
}

const pixels = pattern(rows * side * side * 3);

async function overRest(model: string): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${gateway.http.port}/v2/models/${model}/infer`, {
    method: 'POST',
    body: JSON.stringify({
      inputs: [{ name: 'image', datatype: 'UINT8', shape: [rows, side, side, 3], data: [...pixels] }],
    }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const { model_version: version, outputs } = (await response.json()) as {
    model_version: string;
    outputs: { data: number[] }[];
  };
  return { version, values: outputs[0]!.data };
}

function overGrpc(model: string): Promise<Answer> {
  const { path, requestSerialize, responseDeserialize } = InferenceClient.service['ModelInfer']!;
  const request = {
    model_name: model,
    inputs: [{ name: 'image', datatype: 'UINT8', shape: [rows, side, side, 3] }],
    raw_input_contents: [pixels],
  };
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, new Metadata(), (error, answer) => {
      if (error) return reject(error);
      const { model_version: version, raw_output_contents: raw } = answer as {
        model_version: string;
        raw_output_contents: Buffer[];
      };
      resolve({ version, values: [...new Float32Array(new Uint8Array(raw[0]!).buffer)] });
    });
  });
}

it('swaps twenty times under load without a failed or a mixed answer', async () => {
  // What each version answers alone: every row of every answer has to be of the one that the answer names.
  const [first, second] = [await overGrpc('first'), await overGrpc('second')];
  const wanted = new Map([first, second].map(({ version, values }) => [version, values]));
  expect(Math.max(...first.values.map((value, i) => Math.abs(value - second.values[i]!)))).toBeGreaterThan(1e-2);

  const stop = new AbortController();
  const answered = new Map<string, number>();
  const clientOf = async (ask: (model: string) => Promise<Answer>) => {
    while (!stop.signal.aborted) {
      const { version, values } = await ask('swapped');
      const alone = wanted.get(version)!;
      const apart = Math.max(...values.map((value, i) => Math.abs(value - alone[i]!)));
      if (!(apart < 1e-4)) throw new Error(`an answer of ${version} is ${apart} away from what it says alone`);
      answered.set(version, (answered.get(version) ?? 0) + 1);
      await ask('other'); // shares batches, and versions, with nothing of its own
    }
  };
  const load = Promise.all([overRest, overGrpc, overRest, overGrpc, overGrpc, overRest].map(clientOf));
  load.catch(() => stop.abort());
  for (let swap = 1; swap <= swaps && !stop.signal.aborted; swap++) {
    const target = swap % 2 === 1 ? second.version : first.version;
    const before = answered.get(target) ?? 0;
    await store.setName('specialist', 'swapped', target as `sha256:${string}`);
    await expect
      .poll(() => stop.signal.aborted || (answered.get(target) ?? 0) > before + 3, { timeout: 30_000 })
      .toBe(true);
  }
  stop.abort();
  await load;
  const { statistics } = gateway.models.slot('swapped');
  expect(statistics.failure).toBe(0);
  expect([...answered.keys()].sort()).toEqual([first.version, second.version].sort());
  expect([...answered.values()].reduce((a, b) => a + b)).toBeGreaterThan(swaps * 4);
}, 180_000);
