import { readFile } from 'node:fs/promises';

/** The contracts as a `google.protobuf.FileDescriptorSet`, for server reflection. */
export const descriptorSet = (): Promise<Uint8Array> =>
  readFile(new URL('generated/medlego-v1.binpb', import.meta.url));
