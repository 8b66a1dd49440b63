import { ImageDecodeError } from '@medlego/errors';
import { type DataSet } from 'dicom-parser';
import { type DicomHeader } from './dicom-pixels.ts';

type Curve = (value: number) => number;

/**
 * Stored grey values to display values: rescale, window, invert for MONOCHROME1.
 * Without a window an unsigned 8-bit image is shown as stored and everything else is stretched over its own range
 * (the padding value left aside).
 *
 * @param window which of the file's windows, from 0; one that the file does not have is refused
 * @returns uint8, as many as `stored`
 * Source: DICOM PS3.3, C.11.1.1.2 (rescale) and C.11.2.1.2 (window functions LINEAR, LINEAR_EXACT, SIGMOID).
 */
export function toDisplay(stored: Int32Array, dataSet: DataSet, header: DicomHeader, file: string, window: number): Uint8Array {
  if (dataSet.elements['x00283000'])
    throw new ImageDecodeError({ file, expected: 'RescaleSlope and RescaleIntercept', actual: 'a modality lookup table' });
  const slope = dataSet.floatString('x00281053') ?? 1;
  const intercept = dataSet.floatString('x00281052') ?? 0;
  if (!Number.isFinite(slope) || !Number.isFinite(intercept))
    throw new ImageDecodeError({ file, expected: 'finite rescale values', actual: `${slope} and ${intercept}` });
  assertWindow(dataSet, file, window);
  const curve = windowOf(dataSet, window) ?? rangeOf(stored, dataSet, header, slope, intercept);
  const inverted = header.photometric === 'MONOCHROME1';
  return Uint8Array.from(stored, (value) => {
    const shown = Math.min(255, Math.max(0, Math.round(curve(value * slope + intercept))));
    return inverted ? 255 - shown : shown;
  });
}

function assertWindow(dataSet: DataSet, file: string, window: number): void {
  const windows = dataSet.numStringValues('x00281050') ?? 0;
  // Without a choice a file without windows is shown over its range.
  if (window === 0 || (Number.isSafeInteger(window) && window > 0 && window < windows)) return;
  throw new ImageDecodeError({ file, expected: `one of the file's ${windows} windows, counted from 0`, actual: `window ${window}` });
}

function windowOf(dataSet: DataSet, window: number): Curve | undefined {
  const center = dataSet.floatString('x00281050', window);
  const width = dataSet.floatString('x00281051', window);
  if (center === undefined || width === undefined || !Number.isFinite(center) || !(width > 0)) return undefined;
  switch (dataSet.string('x00281056')?.trim()) {
    case 'SIGMOID':
      return (value) => 255 / (1 + Math.exp((-4 * (value - center)) / width));
    case 'LINEAR_EXACT':
      return (value) => ((value - center) / width + 0.5) * 255;
    default:
      if (width <= 1) return (value) => (value <= center - 0.5 ? 0 : 255);
      return (value) => ((value - (center - 0.5)) / (width - 1) + 0.5) * 255;
  }
}

function rangeOf(stored: Int32Array, dataSet: DataSet, header: DicomHeader, slope: number, intercept: number): Curve {
  if (header.bitsStored === 8 && !header.isSigned && slope === 1 && intercept === 0) return (value) => value;
  const padding = header.isSigned ? dataSet.int16('x00280120') : dataSet.uint16('x00280120');
  let low = Infinity;
  let high = -Infinity;
  for (const value of stored) {
    if (value === padding) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const [from, to] = [low * slope + intercept, high * slope + intercept].sort((a, b) => a - b) as [number, number];
  return to > from ? (value) => ((value - from) / (to - from)) * 255 : () => 0;
}
