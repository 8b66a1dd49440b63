import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { throwIfStopped } from '@medlego/async';
import {
  AppError,
  DownloadChecksumError,
  DownloadUnavailableError,
  InvalidValueError,
  isSystemError,
  toAppError,
} from '@medlego/errors';
import { syncFolder } from '@medlego/tensors';
import { descriptorOf, medmnistDescriptors, medmnistFile, medmnistSizes, type MedmnistSize } from './descriptors.ts';

/** The record of MedMNIST+ that holds all sizes. */
export const medmnistBaseUrl = 'https://zenodo.org/records/10519652/files';

export interface DownloadProgress {
  readonly received: number;
  /** Undefined where the server does not say. */
  readonly total: number | undefined;
}

export interface DownloadOptions {
  /** Folder for the file; made if it is not there. */
  readonly dir: string;
  /** Default: 28. */
  readonly size?: MedmnistSize;
  /** Address before `/FILE?download=1`, for a mirror. Default: MedMNIST's record at Zenodo. */
  readonly baseUrl?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** Give up when so long nothing arrives. Default: 60 s. */
  readonly idleTimeoutMs?: number;
  /** Checksum in place of the published one, for a mirror of another set. */
  readonly md5?: string;
}

export interface DownloadResult {
  readonly path: string;
  readonly bytes: number;
  readonly status: 'downloaded' | 'present';
}

/**
 * Fetches a MedMNIST file: into `FILE.part`, continued from there if a former run was cut off, then checked against the published
 * MD5, flushed and renamed. A file that is already there and right is left alone; one that is there and wrong is never overwritten.
 *
 * @throws DownloadUnavailableError with the address to fetch by hand and where to put the file; DownloadChecksumError;
 *   InvalidValueError for an unknown set; DiskFullError. AbortedError after an abort, which keeps the part.
 */
export async function downloadMedmnist(flag: string, options: DownloadOptions): Promise<DownloadResult> {
  const { dir, size = 28, baseUrl = medmnistBaseUrl } = options;
  const descriptor = descriptorOf(flag);
  if (!descriptor)
    throw new InvalidValueError({
      field: 'data set',
      expected: `one of ${medmnistDescriptors.map((known) => known.flag).join(', ')}`,
      actual: flag,
    });
  if (!medmnistSizes.includes(size))
    throw new InvalidValueError({ field: 'size', expected: `one of ${medmnistSizes.join(', ')}`, actual: size });
  const file = medmnistFile(flag, size);
  const path = join(dir, file);
  const url = `${baseUrl.replace(/\/+$/, '')}/${file}?download=1`;
  const expected = options.md5 ?? descriptor.md5[size];
  try {
    await mkdir(dir, { recursive: true });
    const present = await sizeOf(path);
    if (present !== undefined) {
      await assertMd5(path, 'the folder of data sets', expected);
      return { path, bytes: present, status: 'present' };
    }
    const part = `${path}.part`;
    const { resumed } = await fetchInto(part, path, url, options);
    try {
      await assertMd5(part, url, expected);
    } catch (error) {
      await rm(part, { force: true });
      if (!(error instanceof DownloadChecksumError) || !resumed) throw error;
      // The kept beginning may be of an older file: once more from the start.
      await fetchInto(part, path, url, options);
      await assertMd5(part, url, expected).catch(async (again: unknown) => {
        await rm(part, { force: true });
        throw again;
      });
    }
    await rename(part, path);
    await syncFolder(dir);
    return { path, bytes: (await stat(path)).size, status: 'downloaded' };
  } catch (error) {
    throw toAppError(error, { path, what: 'download' });
  }
}

async function fetchInto(part: string, target: string, url: string, options: DownloadOptions): Promise<{ resumed: boolean }> {
  const { onProgress, signal, idleTimeoutMs = 60_000 } = options;
  const offset = (await sizeOf(part)) ?? 0;
  const idle = new AbortController();
  let timer = setTimeout(() => idle.abort(), idleTimeoutMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => idle.abort(), idleTimeoutMs);
  };
  const unavailable = async (reason: string, cause?: unknown) =>
    new DownloadUnavailableError({ url, target, reason, bytesKept: (await sizeOf(part)) ?? 0 }, { cause });
  try {
    const response = await fetch(url, {
      headers: offset > 0 ? { range: `bytes=${offset}-` } : {},
      signal: AbortSignal.any([idle.signal, ...(signal ? [signal] : [])]),
    });
    if (response.status === 416) return { resumed: true }; // the part is whole already, or of another file: the checksum tells
    if (!response.ok) throw await unavailable(`status ${response.status} ${response.statusText}`.trim());
    if (response.headers.get('content-type')?.startsWith('text/html'))
      throw await unavailable('the answer is a web page and not the file');
    const resumed = response.status === 206;
    const length = Number(response.headers.get('content-length') ?? NaN);
    const from = resumed ? offset : 0;
    const total = Number.isFinite(length) ? from + length : undefined;
    const handle = await open(part, resumed ? 'a' : 'w');
    try {
      let received = from;
      onProgress?.({ received, total });
      for await (const chunk of response.body ?? []) {
        alive();
        await handle.writeFile(chunk as Uint8Array);
        received += (chunk as Uint8Array).length;
        onProgress?.({ received, total });
      }
      if (total !== undefined && received < total) throw await unavailable(`the connection ended after ${received} of ${total} bytes`);
    } finally {
      await handle.sync();
      await handle.close();
    }
    return { resumed };
  } catch (error) {
    if (error instanceof AppError || isSystemFile(error)) throw error;
    throwIfStopped(signal, 'The download');
    throw await unavailable(idle.signal.aborted ? `nothing arrived for ${idleTimeoutMs} ms` : reasonOf(error), error);
  } finally {
    clearTimeout(timer);
  }
}

/** Failures of the disk and not of the network: those carry the name of a file operation. */
const isSystemFile = (error: unknown) =>
  isSystemError(error) && ['open', 'write', 'fsync', 'close', 'stat'].includes(error.syscall ?? '');

/** What `fetch` hides: the cause's code (`ECONNREFUSED`, `ENOTFOUND`) or message. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause ?? error;
  const code = (cause as { code?: unknown }).code;
  const message = cause instanceof Error ? cause.message : String(cause);
  return typeof code === 'string' && !message.includes(code) ? `${code} ${message}`.trim() : message || String(code);
}

/** MD5 of a file, as MedMNIST publishes it (a checksum against damage, not against attack). */
export async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function assertMd5(file: string, source: string, expected: string): Promise<void> {
  const actual = await md5Of(file);
  if (actual !== expected) throw new DownloadChecksumError({ file, source, expected, actual });
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
