import { mapConcurrent } from '@medlego/async';
import { decodeImage, preprocess, preprocessRaster, type PreprocessSpec } from '@medlego/data';
import { InvalidValueError, ShapeMismatchError } from '@medlego/errors';
import type { PictureOptions } from './request-options.ts';
import { unknownType } from './binary.ts';
import type { InputLimits, WireTensor } from './tensor.ts';

/** The one input of every model. */
export const inputName = 'image';

/**
 * What a client sent as the backbone takes it, by the very functions that training uses.
 *
 * @param tensor UINT8 [n, h, w, 1 or 3] of any size; BYTES [n] of PNG, JPEG, WebP, TIFF, GIF or DICOM; FP32 [n, imgSize, imgSize, 3], normalised already
 * @param picture of DICOM files, the same of all
 * @returns float32 [imgSize, imgSize, 3] per image
 * @throws InvalidValueError, ShapeMismatchError, ImageDecodeError, TransferSyntaxError
 */
export async function preprocessInput(
  tensor: WireTensor,
  spec: PreprocessSpec,
  limits: InputLimits,
  picture: PictureOptions = {},
): Promise<Float32Array[]> {
  const { name, datatype, shape, data } = tensor;
  if (datatype !== 'UINT8' && datatype !== 'FP32' && datatype !== 'BYTES') throw unknownType(name, datatype);
  assertShapeIsWhole(tensor, limits);
  const rows = shape[0]!;
  if (datatype === 'BYTES') {
    if (shape.length !== 1)
      throw new ShapeMismatchError({ param: `input ${name}`, expected: [-1], actual: [...shape] });
    return mapConcurrent(data as readonly Uint8Array[], { limit: 4 }, async (bytes, i) =>
      preprocessRaster(
        await decodeImage(bytes, { file: `input ${name}[${i}]`, maxPixels: limits.maxPixels, ...picture }),
        spec,
      ),
    );
  }
  const [, height = 0, width = 0, channels = 0] = shape;
  const side = spec.imgSize;
  const fits =
    shape.length === 4 &&
    (datatype === 'UINT8'
      ? height > 0 && width > 0 && (channels === 1 || channels === 3)
      : height === side && width === side && channels === 3);
  if (!fits)
    throw new ShapeMismatchError({
      param: `input ${name}`,
      expected: datatype === 'UINT8' ? [-1, -1, -1, 3] : [-1, side, side, 3],
      actual: [...shape],
    });
  if (height * width > limits.maxPixels)
    throw new InvalidValueError({
      field: `input ${name}`,
      expected: `at most ${limits.maxPixels} pixels`,
      actual: height * width,
    });
  const values = data as ArrayLike<number>;
  const size = height * width * channels;
  const row = (i: number) => Array.prototype.slice.call(values, i * size, (i + 1) * size) as number[];
  if (datatype === 'FP32')
    return Array.from({ length: rows }, (_, i) =>
      finite(name, values instanceof Float32Array ? values.slice(i * size, (i + 1) * size) : Float32Array.from(row(i))),
    );
  return Array.from({ length: rows }, (_, i) => {
    const images = values instanceof Uint8Array ? values.subarray(i * size, (i + 1) * size) : toBytes(name, row(i));
    return preprocess({ images, count: 1, height, width, channels: channels as 1 | 3 }, spec);
  });
}

function assertShapeIsWhole({ name, shape, data }: WireTensor, { maxRows }: InputLimits): void {
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw new InvalidValueError({
      field: `input ${name}.shape`,
      expected: 'whole numbers',
      actual: JSON.stringify(shape),
    });
  const rows = shape[0] ?? 0;
  if (rows < 1 || rows > maxRows)
    throw new InvalidValueError({ field: `input ${name}.shape[0]`, expected: `1 to ${maxRows} images`, actual: rows });
  const count = shape.reduce((product, size) => product * size, 1);
  if (data.length !== count)
    throw new InvalidValueError({ field: `input ${name}`, expected: `${count} elements`, actual: data.length });
}

function finite(name: string, values: Float32Array): Float32Array {
  if (!values.every(Number.isFinite))
    throw new InvalidValueError({ field: `input ${name}`, expected: 'finite numbers', actual: 'NaN or infinity' });
  return values;
}

function toBytes(name: string, values: readonly number[]): Uint8Array {
  const wrong = values.find((value) => !(Number.isInteger(value) && value >= 0 && value <= 255));
  if (wrong !== undefined)
    throw new InvalidValueError({
      field: `input ${name}`,
      expected: 'whole numbers from 0 to 255',
      actual: String(wrong),
    });
  return Uint8Array.from(values);
}
