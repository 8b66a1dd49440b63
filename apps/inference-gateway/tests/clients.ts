import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type ChannelCredentials,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import sharp from 'sharp';
import type { ArtifactStore } from '@medlego/artifacts';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { InferenceClient } from '../src/index.ts';

export const models = ['breast', 'blood'];

export const openModels = (folder: string): Promise<ArtifactStore> =>
  storeTinySpecialists(join(folder, 'store'), models);

/** A request for one image, as REST has it. */
export async function inferBody(more: object = {}): Promise<string> {
  const pixels = { create: { width: 9, height: 9, channels: 3, background: '#a05040' } } as const;
  const png = await sharp(pixels).png().toBuffer();
  const input = { name: 'image', datatype: 'BYTES', shape: [1], data: [png.toString('base64')] };
  return JSON.stringify({ inputs: [input], ...more });
}

/** The same, as gRPC has it. */
export const inferMessage = (model: string, more: object = {}) => ({
  model_name: model,
  inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, 2, 2, 3], contents: { uint_contents: Array(12).fill(90) } }],
  ...more,
});

export const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

export interface GrpcOptions {
  readonly token?: string;
  readonly channel?: ChannelCredentials;
  readonly client?: ServiceClientConstructor;
}

/** One call. @throws ServiceError */
export function grpcCall<T = unknown>(
  port: number,
  method: string,
  request: object,
  options: GrpcOptions = {},
): Promise<T> {
  const { client: Client = InferenceClient, channel = credentials.createInsecure(), token } = options;
  const client = new Client(`localhost:${port}`, channel);
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  const { path, requestSerialize, responseDeserialize } = Client.service[method]!;
  return new Promise<T>((resolve, reject) => {
    const done = (error: ServiceError | null, answer?: unknown) => (error ? reject(error) : resolve(answer as T));
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, done);
  }).finally(() => client.close());
}

type Packages = Record<string, Record<string, Record<string, unknown>>>;
const resolve = (id: string) => createRequire(import.meta.url).resolve(id);

const { health } = loadPackageDefinition(
  loadSync(join(resolve('grpc-health-check'), '../../../proto/health/v1/health.proto')),
)['grpc'] as unknown as Packages;
export const HealthClient = health!['v1']!['Health'] as ServiceClientConstructor;

const { reflection } = loadPackageDefinition(
  loadSync(join(resolve('@grpc/reflection'), '../../proto/grpc/reflection/v1/reflection.proto')),
)['grpc'] as unknown as Packages;
const ReflectionClient = reflection!['v1']!['ServerReflection'] as ServiceClientConstructor;

/** Names of the services that the server says it has. */
export function reflectedServices(port: number): Promise<string[]> {
  const client = new ReflectionClient(`localhost:${port}`, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = ReflectionClient.service['ServerReflectionInfo']!;
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  return new Promise<string[]>((resolve, reject) => {
    stream.on('data', (answer: { listServicesResponse: { service: { name: string }[] } }) => {
      resolve(answer.listServicesResponse.service.map(({ name }) => name));
      stream.end();
    });
    stream.on('error', reject);
    stream.write({ listServices: '' });
  }).finally(() => client.close());
}
