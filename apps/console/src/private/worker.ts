import { parsePreprocessSpec, preprocessRaster } from '@medlego/data/preprocess';
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { toProbabilities } from '../probabilities.ts';
import { channelsFirst } from './channels-first.ts';
import { decodePicture } from './decode-picture.ts';
import { type PrivateReply, type PrivateRequest } from './messages.ts';

/*
 * Runs the model's graph beside the page. The graph comes from the server; the image goes nowhere.
 */

// More threads need a page that is isolated from other origins.
env.wasm.numThreads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;

let loaded: { readonly url: string; readonly session: Promise<InferenceSession> } | undefined;

async function load({ graphUrl, authorization }: PrivateRequest): Promise<InferenceSession> {
  const response = await fetch(graphUrl, { headers: authorization ? { authorization } : {} });
  if (!response.ok) throw new Error(`The model’s graph could not be fetched: status ${response.status}.`);
  return InferenceSession.create(new Uint8Array(await response.arrayBuffer()), { executionProviders: ['wasm'] });
}

function sessionFor(request: PrivateRequest): Promise<InferenceSession> {
  if (loaded?.url === request.graphUrl) return loaded.session;
  const before = loaded?.session;
  const session = load(request);
  loaded = { url: request.graphUrl, session };
  void before?.then((old) => old.release()).catch(() => undefined);
  // A graph that could not be loaded is asked for again next time.
  session.catch(() => (loaded = undefined));
  return session;
}

async function answer(request: PrivateRequest): Promise<PrivateReply> {
  try {
    const spec = parsePreprocessSpec(request.preprocess);
    const [session, raster] = await Promise.all([sessionFor(request), decodePicture(request.file)]);
    const started = performance.now();
    const side = spec.imgSize;
    const pixels = channelsFirst(preprocessRaster(raster, spec), side);
    const outputs = await session.run({ pixel_values: new Tensor('float32', pixels, [1, 3, side, side]) });
    const predictions = request.tasks.map(({ name, kind, labels }) => {
      const values = toProbabilities(kind, outputs[request.tasks.length === 1 ? 'logits' : name]!.data as Float32Array);
      return { task: name, probabilities: Object.fromEntries(labels.map((label, index) => [label, values[index]!])) };
    });
    return { ok: true, predictions, ms: performance.now() - started };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

addEventListener(
  'message',
  (event: MessageEvent<PrivateRequest>) => void answer(event.data).then((reply) => postMessage(reply)),
);
