import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { FileFormatError, MissingTensorError, toAppError } from '@medlego/errors';
import { readableDTypes } from '../dtype.ts';
import type { HostTensor } from '../host-tensor.ts';
import { tensorFromBytes } from '../tensor-bytes.ts';
import { parseHeader, parseHeaderLength } from './header.ts';
import type { TensorInfo } from './read.ts';

/** A safetensors file whose tensors are read one at a time: for work that must not hold a whole model. */
export interface SafetensorsFile extends Disposable {
  readonly path: string;
  readonly tensors: Readonly<Record<string, TensorInfo>>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * One tensor, in memory of its own; F16 and BF16 are widened to float32. Synchronous: a caller that streams computes between
   * reads, and has nothing to do while it waits.
   * @throws MissingTensorError, FileFormatError
   */
  read(name: string): HostTensor;
  close(): void;
}

/**
 * Opens a file and checks its header against its size.
 * @throws as `readSafetensors`
 */
export function openSafetensors(path: string): SafetensorsFile {
  const file = attempt(path, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  try {
    const { entries, metadata, dataOffset } = attempt(path, () => readHeader(file, path));
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    return {
      path,
      metadata,
      tensors: Object.fromEntries(
        entries.map(({ name, diskDType, shape }) => [
          name,
          { dtype: readableDTypes[diskDType].dtype, shape, diskDType },
        ]),
      ),
      read(name) {
        const entry = byName.get(name);
        if (!entry) throw new MissingTensorError({ param: name, source: path });
        const { diskDType, shape, begin, end } = entry;
        const bytes = attempt(path, () => readExactly(file, dataOffset + begin, end - begin, path));
        const tensor = tensorFromBytes(diskDType, shape, bytes);
        if (diskDType === 'BOOL' && (tensor.data as Uint8Array).some((value) => value > 1))
          throw new FileFormatError({ file: path, expected: `tensor ${name}: 0 or 1 (BOOL)`, actual: 'other values' });
        return tensor;
      },
      close,
      [Symbol.dispose]: close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function readHeader(file: number, path: string) {
  const stat = fstatSync(file);
  if (!stat.isFile())
    throw new FileFormatError({
      file: path,
      expected: 'a safetensors file',
      actual: stat.isDirectory() ? 'a folder' : 'a device or pipe',
    });
  const headerBytes = parseHeaderLength(readExactly(file, 0, Math.min(8, stat.size), path), stat.size, path);
  const dataOffset = 8 + headerBytes;
  return { ...parseHeader(readExactly(file, 8, headerBytes, path), stat.size - dataOffset, path), dataOffset };
}

/** One call of the operating system reads 2 GiB at most. */
const maxReadBytes = 2 ** 30;

function readExactly(file: number, offset: number, length: number, path: string): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const read = readSync(file, bytes, done, Math.min(length - done, maxReadBytes), offset + done);
    if (read === 0)
      throw new FileFormatError({
        file: path,
        expected: `${offset + length} bytes`,
        actual: `${offset + done}; it became shorter while it was read`,
      });
    done += read;
  }
  return bytes;
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toAppError(error, { path, what: 'safetensors file' });
  }
}
