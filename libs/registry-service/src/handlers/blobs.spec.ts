import { createServer, connect as connectSocket, type AddressInfo, type Socket } from 'node:net';
import { connectRpc } from '@medlego/rpc';
import { digestBytes, type Digest } from '@medlego/tensors';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { UploadBlobRequest } from '@medlego/contracts/rpc';
import { openRemoteStore } from '../remote/index.ts';
import { noise } from '../testing/noise.ts';
import { serve } from '../testing/serve.ts';

type Part = UploadBlobRequest['part'];

async function* upload(...parts: (Part | Error)[]): AsyncIterable<UploadBlobRequest> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield { part };
  }
}
const named = (value: string): Part => ({ $case: 'digest', value });
const chunk = (bytes: Uint8Array): Part => ({ $case: 'chunk', value: Buffer.from(bytes) });

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** Passes bytes on to a port, and cuts each of the first connections after so many of them. */
async function cuttingProxy(port: number, cuts: readonly number[]) {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((downstream) => {
    const most = cuts[connections++] ?? Infinity;
    const upstream = connectSocket(port, '127.0.0.1');
    let passed = 0;
    const cut = () => {
      downstream.destroy();
      upstream.destroy();
    };
    const pass = (to: Socket) => (bytes: Buffer) => {
      passed += bytes.length;
      if (passed > most) cut();
      else to.write(bytes);
    };
    upstream.on('data', pass(downstream));
    downstream.on('data', pass(upstream));
    for (const socket of [downstream, upstream]) {
      socket.on('close', cut).on('error', cut);
      sockets.add(socket);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
}

describe('blobs over gRPC', () => {
  it('are refused when their bytes are others, and seen by nobody', async () => {
    const { client, store, problems } = await serve();
    const digest = digestBytes(noise(300_000));
    const wrong = upload(named(digest), chunk(noise(300_000).with(7, 0)));
    await expect(client.uploadBlob(wrong)).rejects.toMatchObject({
      code: 'invalid_value',
      facts: { field: 'blob', expected: `bytes with digest ${digest}` },
    });
    const truncated = upload(named(digest), chunk(noise(1000)));
    await expect(client.uploadBlob(truncated)).rejects.toMatchObject({ code: 'invalid_value' });
    expect((await client.findMissingBlobs({ digests: [digest] })).digests).toEqual([digest]);
    await expect(client.downloadBlob({ digest })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'missing_blob',
    });
    expect(await store.transfer.missing([digest])).toEqual([digest]);
    expect(problems).toEqual([]);
  });

  it('leave nothing when the client goes away half-way', async () => {
    const { client, store } = await serve();
    const bytes = noise(300_000);
    const digest = digestBytes(bytes);
    const broken = upload(named(digest), chunk(bytes.subarray(0, 100_000)), new Error('source failed'));
    await expect(client.uploadBlob(broken)).rejects.toThrow();
    expect(await store.transfer.missing([digest])).toEqual([digest]);
    expect((await client.uploadBlob(upload(named(digest), chunk(bytes)))).size).toBe(300_000);
  });

  it.each<[string, (Part | Error)[], RegExp]>([
    ['nothing', [], /^part: expected the digest first/],
    ['bytes first', [chunk(noise(3))], /^part: expected the digest first/],
    ['no digest', [named('../../etc/passwd')], /^digest: expected sha256:/],
    ['a second digest', [named(digestBytes(noise(3))), named(digestBytes(noise(3)))], /^part: expected a chunk/],
    ['too much', [named(digestBytes(noise(9))), chunk(noise(9)), chunk(noise(9))], /^blob: expected at most 10 bytes/],
  ])('are not taken from an upload of %s', async (_, parts, message) => {
    const { client } = await serve({ maxBlobBytes: 10 });
    await expect(client.uploadBlob(upload(...parts))).rejects.toThrow(message);
  });

  it('begin where they are asked to, in pieces of 256 KiB at most', async () => {
    const { client, store } = await serve();
    const bytes = noise(1_000_000);
    const digest = digestBytes(bytes);
    await store.transfer.write(digest, once(bytes));
    const read = async (offset: number) => {
      const chunks: Buffer[] = [];
      for await (const { chunk: piece } of client.downloadBlob({ digest, offset })) chunks.push(piece);
      expect(Math.max(0, ...chunks.map(({ length }) => length))).toBeLessThanOrEqual(256 * 1024);
      return Buffer.concat(chunks);
    };
    for (const offset of [0, 1, 65_536, 300_001, 999_999, 1_000_000])
      expect((await read(offset)).equals(bytes.subarray(offset))).toBe(true);
  });

  it('go up and come down whole over connections that break', { timeout: 30_000 }, async () => {
    const { rpc, store } = await serve();
    const port = Number(rpc.address.split(':').at(-1));
    const over = async (cuts: readonly number[]) => {
      const proxy = await cuttingProxy(port, cuts);
      const bad = await connectRpc({ address: proxy.address });
      onTestFinished(() => bad.close());
      return { proxy, remote: await openRemoteStore(bad) };
    };
    const bytes = noise(12_000_000);
    const draft = { kind: 'dataset' as const, files: { data: bytes }, creator: { name: 'test', version: '1' } };
    const up = await over([5_000_000, 100_000, 8_000_000]);
    const { digest } = await up.remote.put(draft);
    expect(up.proxy.connections()).toBe(4);
    expect(await store.transfer.missing([digestBytes(bytes)])).toEqual([]);

    // None of these connections lets the whole file through but the last: it went on where it broke.
    const down = await over([5_000_000, 100_000, 4_000_000, 4_500_000]);
    const found = await down.remote.readFile(await down.remote.get(digest), 'data');
    expect(Buffer.compare(found, bytes)).toBe(0);
    expect(down.proxy.connections()).toBeGreaterThanOrEqual(4);
  });

  it('limit how many are asked for', async () => {
    const { client } = await serve();
    const digests: Digest[] = Array.from({ length: 1001 }, () => digestBytes(noise(1)));
    await expect(client.findMissingBlobs({ digests })).rejects.toMatchObject({ facts: { field: 'digests' } });
  });
});
