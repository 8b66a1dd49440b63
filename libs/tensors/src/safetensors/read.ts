import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { FileFormatError, toAppError } from '@medlego/errors';
import type { DType, HostTensor, NamedTensors } from '../host-tensor.ts';
import { readableDTypes, type DiskDType } from '../dtype.ts';
import { tensorFromBytes } from '../tensor-bytes.ts';
import { parseHeader, parseHeaderLength, type SafetensorsHeader } from './header.ts';

export interface Safetensors {
  readonly tensors: NamedTensors;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Tensors of a safetensors file in memory. F16 and BF16 are widened to float32; the rest are views of `bytes` where their
 * alignment allows, so `bytes` belongs to the result from here on.
 *
 * @param label names the file in errors
 * @throws FileFormatError for anything that is not exactly a safetensors file: header length and JSON, names that repeat,
 *   dtypes that we cannot hold, shapes that disagree with their bytes, overlaps, holes, missing or surplus bytes
 * @throws UnsafeFormatError for a PyTorch pickle
 */
export function parseSafetensors(bytes: Uint8Array, label: string): Safetensors {
  const headerBytes = parseHeaderLength(bytes.subarray(0, 8), bytes.length, label);
  const data = bytes.subarray(8 + headerBytes);
  const header = parseHeader(bytes.subarray(8, 8 + headerBytes), data.length, label);
  return materialise(header, data, label);
}

/** Reads a file as `parseSafetensors` does. @throws also FileNotFoundError, AccessDeniedError */
export async function readSafetensors(path: string): Promise<Safetensors> {
  return withFile(path, async (file, fileBytes) => {
    const header = await readHeader(file, fileBytes, path);
    // A buffer of its own, so that the first tensor is aligned whatever the header's length: views instead of copies.
    const data = await readExactly(file, header.dataOffset, fileBytes - header.dataOffset, path);
    return materialise(header, data, path);
  });
}

/** What a safetensors file says about a tensor. */
export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** dtype in the file: F16 and BF16 are held as float32. */
  readonly diskDType: DiskDType;
}

/** Names, dtypes, shapes and metadata of a file, all checked, without reading its data: for listings and early refusals. */
export async function readSafetensorsHeader(path: string): Promise<{
  readonly tensors: Readonly<Record<string, TensorInfo>>;
  readonly metadata: Readonly<Record<string, string>>;
}> {
  const { entries, metadata } = await withFile(path, (file, fileBytes) => readHeader(file, fileBytes, path));
  const tensors = entries.map(({ name, diskDType, shape }): [string, TensorInfo] => [
    name,
    { dtype: readableDTypes[diskDType].dtype, shape, diskDType },
  ]);
  return { tensors: Object.fromEntries(tensors), metadata };
}

function materialise({ entries, metadata }: SafetensorsHeader, data: Uint8Array, label: string): Safetensors {
  const tensors = entries.map(({ name, diskDType, shape, begin, end }): [string, HostTensor] => {
    const tensor = tensorFromBytes(diskDType, shape, data.subarray(begin, end));
    if (diskDType === 'BOOL' && (tensor.data as Uint8Array).some((value) => value > 1))
      throw new FileFormatError({ file: label, expected: `tensor ${name}: 0 or 1 (BOOL)`, actual: 'other values' });
    return [name, tensor];
  });
  // Not `result[name] = ...`: a tensor may be called `__proto__`.
  return { tensors: Object.fromEntries(tensors), metadata };
}

async function withFile<T>(path: string, use: (file: FileHandle, fileBytes: number) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    // Non-blocking: opening a named pipe must not wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile())
      throw new FileFormatError({
        file: path,
        expected: 'a safetensors file',
        actual: stat.isDirectory() ? 'a folder' : 'a device or pipe',
      });
    return await use(file, stat.size);
  } catch (error) {
    throw toAppError(error, { path, what: 'safetensors file' });
  } finally {
    await file?.close();
  }
}

async function readHeader(
  file: FileHandle,
  fileBytes: number,
  path: string,
): Promise<SafetensorsHeader & { dataOffset: number }> {
  const prefix = await readExactly(file, 0, Math.min(8, fileBytes), path);
  const headerBytes = parseHeaderLength(prefix, fileBytes, path);
  const dataOffset = 8 + headerBytes;
  const header = parseHeader(await readExactly(file, 8, headerBytes, path), fileBytes - dataOffset, path);
  return { ...header, dataOffset };
}

/** One call of the operating system reads 2 GiB at most. */
const maxReadBytes = 2 ** 30;

async function readExactly(file: FileHandle, offset: number, length: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, maxReadBytes), offset + done);
    if (bytesRead === 0)
      throw new FileFormatError({
        file: path,
        expected: `${offset + length} bytes`,
        actual: `${offset + done}; it became shorter while it was read`,
      });
    done += bytesRead;
  }
  return bytes;
}
