/** Largest piece of a blob in one message: small beside a message's limit, large beside its cost. */
export const chunkBytes = 256 * 1024;

/** The bytes in pieces that fit a message, without copies. */
export function* inChunks(bytes: Uint8Array): Iterable<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    const length = Math.min(chunkBytes, bytes.length - offset);
    yield Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
  }
}
