import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@medlego/testing';
import { onTestFinished, describe, expect, it } from 'vitest';
import { pattern } from '../testing/npz-file.ts';
import { descriptorOf, medmnistDescriptors, medmnistFile, medmnistSizes } from './descriptors.ts';
import { downloadMedmnist } from './download.ts';
import { taskOfDescriptor } from './descriptor-task.ts';

const content = Buffer.from(pattern(300_000));
const md5 = createHash('md5').update(content).digest('hex');

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves on a free port until the test ends; `ranges` collects what was asked for. */
async function serve(handler: Handler): Promise<{ baseUrl: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/files`, ranges };
}

/** A server that knows ranges, as Zenodo's. */
const withRanges: Handler = (request, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from >= content.length) response.writeHead(416).end();
  else {
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from });
    response.end(content.subarray(from));
  }
};

describe('downloadMedmnist', () => {
  it('fetches a file, reports progress and leaves nothing else behind', async () => {
    const { baseUrl } = await serve((request, response) => {
      expect(request.url).toBe('/files/bloodmnist_64.npz?download=1');
      withRanges(request, response);
    });
    const dir = join(temporaryFolder(), 'new');
    const progress: [number, number | undefined][] = [];
    const result = await downloadMedmnist('bloodmnist', { dir, size: 64, baseUrl, md5, onProgress: ({ received, total }) => progress.push([received, total]) });
    expect(result).toEqual({ path: join(dir, 'bloodmnist_64.npz'), bytes: content.length, status: 'downloaded' });
    expect(await readFile(result.path)).toEqual(content);
    expect(await readdir(dir)).toEqual(['bloodmnist_64.npz']);
    expect(progress[0]).toEqual([0, content.length]);
    expect(progress.at(-1)).toEqual([content.length, content.length]);
  });

  it('does not fetch a file that is there and right, and does not overwrite one that is there and wrong', async () => {
    const { baseUrl, ranges } = await serve(withRanges);
    const dir = temporaryFolder();
    const path = join(dir, 'pathmnist.npz');
    await writeFile(path, content);
    expect(await downloadMedmnist('pathmnist', { dir, baseUrl, md5 })).toMatchObject({ status: 'present' });
    await writeFile(path, 'something of the user');
    await expect(downloadMedmnist('pathmnist', { dir, baseUrl, md5 })).rejects.toMatchObject({ code: 'download_checksum', facts: { file: path, expected: md5 } });
    expect(await readFile(path, 'utf8')).toBe('something of the user');
    expect(ranges).toEqual([]);
  });

  it('goes on where a broken connection left off', async () => {
    let broken = true;
    let breakConnection = (): void => {};
    const { baseUrl, ranges } = await serve((request, response) => {
      if (!broken) return withRanges(request, response);
      broken = false;
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000));
      breakConnection = () => response.destroy();
      return undefined;
    });
    const dir = temporaryFolder();
    const onProgress = () => breakConnection(); // once something has arrived
    const error = await downloadMedmnist('breastmnist', { dir, baseUrl, md5, onProgress }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'download_unavailable' });
    const kept = (error as { facts: { bytesKept: number } }).facts.bytesKept;
    expect(kept).toBeGreaterThan(0);
    expect(await readdir(dir)).toEqual(['breastmnist.npz.part']);
    const result = await downloadMedmnist('breastmnist', { dir, baseUrl, md5 });
    expect(await readFile(result.path)).toEqual(content);
    expect(ranges).toEqual([undefined, `bytes=${kept}-`]);
  });

  it('begins again where the server ignores ranges, or the kept part is of another file', async () => {
    const dir = temporaryFolder();
    const part = join(dir, 'breastmnist.npz.part');
    await writeFile(part, content.subarray(0, 1000));
    const plain = await serve((_, response) => void response.end(content));
    expect(await readFile((await downloadMedmnist('breastmnist', { dir, baseUrl: plain.baseUrl, md5 })).path)).toEqual(content);

    const other = temporaryFolder();
    await writeFile(join(other, 'breastmnist.npz.part'), Buffer.alloc(1000, 1));
    const { baseUrl, ranges } = await serve(withRanges);
    expect(await readFile((await downloadMedmnist('breastmnist', { dir: other, baseUrl, md5 })).path)).toEqual(content);
    expect(ranges).toEqual(['bytes=1000-', undefined]);
  });

  it('accepts a part that is whole already', async () => {
    const dir = temporaryFolder();
    await writeFile(join(dir, 'breastmnist.npz.part'), content);
    const { baseUrl } = await serve(withRanges);
    expect((await downloadMedmnist('breastmnist', { dir, baseUrl, md5 })).status).toBe('downloaded');
  });

  it('refuses and removes what does not have the published checksum', async () => {
    const { baseUrl } = await serve(withRanges);
    const dir = temporaryFolder();
    await expect(downloadMedmnist('retinamnist', { dir, baseUrl })).rejects.toMatchObject({
      code: 'download_checksum',
      facts: { expected: descriptorOf('retinamnist')!.md5[28], actual: md5 },
    });
    expect(await readdir(dir)).toEqual([]);
  });

  it('says in a closed network which address to fetch and where to put the file', async () => {
    const dir = temporaryFolder();
    // Port 9 (discard) of this machine: nothing listens there.
    const error = await downloadMedmnist('dermamnist', { dir, baseUrl: 'http://127.0.0.1:9/files/' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'download_unavailable',
      facts: { url: 'http://127.0.0.1:9/files/dermamnist.npz?download=1', target: join(dir, 'dermamnist.npz'), bytesKept: 0 },
    });
    expect((error as Error).message).toContain(`put the file at ${join(dir, 'dermamnist.npz')}`);
    expect(await readdir(dir)).toEqual([]);
  });

  it('refuses an error status and the web page of a portal', async () => {
    const dir = temporaryFolder();
    const missing = await serve((_, response) => void response.writeHead(404).end());
    await expect(downloadMedmnist('dermamnist', { dir, baseUrl: missing.baseUrl })).rejects.toThrow(/status 404 Not Found/);
    const portal = await serve((_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Log in'));
    await expect(downloadMedmnist('dermamnist', { dir, baseUrl: portal.baseUrl })).rejects.toThrow(/a web page/);
    expect(await readdir(dir)).toEqual([]);
  });

  it('gives up on a server that falls silent, and stops when told to, keeping the part', async () => {
    const { baseUrl } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 5000));
    });
    const dir = temporaryFolder();
    await expect(downloadMedmnist('dermamnist', { dir, baseUrl, md5, idleTimeoutMs: 200 })).rejects.toThrow(/nothing arrived for 200 ms/);
    const controller = new AbortController();
    const stopped = downloadMedmnist('dermamnist', { dir, baseUrl, md5, signal: controller.signal, onProgress: ({ received }) => received > 0 && controller.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(await readdir(dir)).toEqual(['dermamnist.npz.part']);
  });

  it('refuses sets and sizes that do not exist', async () => {
    await expect(downloadMedmnist('mnist', { dir: 'x' })).rejects.toThrow(/one of bloodmnist, .*got mnist/);
    await expect(downloadMedmnist('bloodmnist', { dir: 'x', size: 32 as 28 })).rejects.toThrow(/one of 28, 64, 128, 224, got 32/);
  });
});

describe('the MedMNIST descriptors', () => {
  it('are the eight sets, each a valid task with a checksum for every size', () => {
    expect(medmnistDescriptors.map(({ flag }) => flag)).toEqual(['bloodmnist', 'breastmnist', 'chestmnist', 'dermamnist', 'organamnist', 'pathmnist', 'pneumoniamnist', 'retinamnist']);
    const sums = medmnistDescriptors.flatMap(({ md5: known }) => medmnistSizes.map((size) => known[size]));
    for (const sum of sums) expect(sum).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(sums).size).toBe(32);
    for (const descriptor of medmnistDescriptors) expect(taskOfDescriptor(descriptor).nonCommercial).toBe(descriptor.flag === 'dermamnist');
  });

  it('name files as MedMNIST does', () => {
    expect([medmnistFile('bloodmnist', 28), medmnistFile('bloodmnist', 224)]).toEqual(['bloodmnist.npz', 'bloodmnist_224.npz']);
  });
});
