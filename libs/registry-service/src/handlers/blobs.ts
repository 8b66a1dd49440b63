import type { RegistryServiceImplementation, UploadBlobRequest } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import type { RegistryServiceOptions } from '../create-registry-service.ts';
import { inChunks } from '../chunks.ts';
import { toDigest } from '../requests.ts';

type Handlers = Pick<RegistryServiceImplementation, 'downloadBlob' | 'findMissingBlobs' | 'uploadBlob'>;

const mostDigests = 1000;

export function blobHandlers({ store, maxBlobBytes = 16 * 1024 ** 3 }: RegistryServiceOptions): Handlers {
  return {
    async *downloadBlob({ digest, offset }) {
      for await (const piece of store.transfer.read(toDigest('digest', digest), offset))
        for (const chunk of inChunks(piece)) yield { chunk };
    },

    async findMissingBlobs({ digests }) {
      if (digests.length > mostDigests)
        throw new InvalidValueError({ field: 'digests', expected: `at most ${mostDigests}`, actual: digests.length });
      const missing = await store.transfer.missing(
        digests.map((digest, index) => toDigest(`digests.${index}`, digest)),
      );
      return { digests: missing };
    },

    async uploadBlob(request) {
      const messages = request[Symbol.asyncIterator]();
      const first = await messages.next();
      const part = first.done ? undefined : first.value.part;
      if (part?.$case !== 'digest')
        throw new InvalidValueError({ field: 'part', expected: 'the digest first', actual: part?.$case ?? 'nothing' });
      const digest = toDigest('digest', part.value);
      const size = await store.transfer.write(
        digest,
        chunksOf({ [Symbol.asyncIterator]: () => messages }, maxBlobBytes),
      );
      return { digest, size };
    },
  };
}

async function* chunksOf(messages: AsyncIterable<UploadBlobRequest>, maxBytes: number): AsyncIterable<Uint8Array> {
  let bytes = 0;
  for await (const { part } of messages) {
    if (part?.$case !== 'chunk')
      throw new InvalidValueError({ field: 'part', expected: 'a chunk', actual: part?.$case ?? 'nothing' });
    bytes += part.value.length;
    if (bytes > maxBytes)
      throw new InvalidValueError({ field: 'blob', expected: `at most ${maxBytes} bytes`, actual: `more` });
    yield part.value;
  }
}
