import { credentials, Metadata } from '@grpc/grpc-js';
import { InferenceClient } from '@medlego/inference-gateway';
import * as ort from 'onnxruntime-node';

/** Answers a batch of images that are made beforehand. */
export type Ask = () => Promise<void>;

const random = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 24);

export interface GatewayClient {
  /** Asks for `rows` images of the model's size, bytes as they come from a decoder, over gRPC. */
  ask(model: string, rows: number): Ask;
  close(): void;
}

export function connectGateway(port: number, side: number): GatewayClient {
  const client = new InferenceClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  });
  const { path, requestSerialize, responseDeserialize } = InferenceClient.service['ModelInfer']!;
  return {
    ask(model, rows) {
      const request = {
        model_name: model,
        inputs: [{ name: 'image', datatype: 'UINT8', shape: [rows, side, side, 3] }],
        raw_input_contents: [random(rows * side * side * 3)],
      };
      return () =>
        new Promise((resolve, reject) => {
          client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, new Metadata(), (error) =>
            error ? reject(error) : resolve(),
          );
        });
    },
    close: () => client.close(),
  };
}

/** The same model as a bare session, on tensors that are normalised and in order already. */
export async function openSession(file: string, threads: number) {
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
  });
  const ask = (rows: number, side: number): Ask => {
    const pixels = Float32Array.from(random(rows * side * side * 3), (value) => (value - 127.5) / 127.5);
    const feeds = { pixel_values: new ort.Tensor('float32', pixels, [rows, 3, side, side]) };
    return async () => void (await session.run(feeds));
  };
  return { ask, close: () => session.release() };
}
