import { ImageDecodeError } from '@medlego/errors';
import { type DataSet } from 'dicom-parser';
import { readTable } from './dicom-lookup.ts';
import { type DicomHeader } from './dicom-pixels.ts';

type Curve = (value: number) => number;

export interface DisplayOptions {
  readonly file: string;
  /** Which of the file's windows and VOI tables, windows first, from 0. */
  readonly window: number;
  readonly isBigEndian: boolean;
}

/**
 * Stored grey values to display values: modality table or rescale, window or VOI table, inverted for MONOCHROME1.
 * Without a window an unsigned 8-bit image is shown as stored and everything else is stretched over its own range
 * (the padding value left aside). Enhanced files may have these attributes for each frame.
 *
 * @returns uint8, as many as `stored`
 * @throws ImageDecodeError for a window that the file does not have, and tables that cannot be read
 * Source: DICOM PS3.3, C.11.1.1 (modality), C.11.2.1.2 (window functions LINEAR, LINEAR_EXACT, SIGMOID), C.7.6.16 (functional groups).
 */
export function toDisplay(stored: Int32Array, dataSet: DataSet, header: DicomHeader, options: DisplayOptions): Uint8Array {
  const modality = modalityOf(groupOf(dataSet, header.frame, 'x00289145', 'x00281053'), dataSet, header, options);
  const voi = groupOf(dataSet, header.frame, 'x00289132', 'x00281050');
  const curve = voiOf(voi, options, modality(header.isSigned ? -1 : 0) < 0) ?? rangeOf(stored, dataSet, header, modality);
  const inverted = header.photometric === 'MONOCHROME1';
  return Uint8Array.from(stored, (value) => {
    const shown = Math.min(255, Math.max(0, Math.round(curve(modality(value)))));
    return inverted ? 255 - shown : shown;
  });
}

/** The data set that has an attribute: the file itself, or of an enhanced file the group of the frame, or the one of all frames. */
function groupOf(dataSet: DataSet, frame: number, sequence: string, attribute: string): DataSet {
  if (dataSet.elements[attribute]) return dataSet;
  const item = (of: DataSet | undefined, tag: string, index = 0) => of?.elements[tag]?.items?.[index]?.dataSet;
  const own = item(item(dataSet, 'x52009230', frame), sequence);
  return own ?? item(item(dataSet, 'x52009229'), sequence) ?? dataSet;
}

const identity: Curve = (value) => value;

function modalityOf(of: DataSet, dataSet: DataSet, header: DicomHeader, { file, isBigEndian }: DisplayOptions): Curve {
  const [table] = dataSet.elements['x00283000']?.items ?? [];
  if (table?.dataSet) {
    const tags = { descriptor: 'x00283002', data: 'x00283006', what: 'a modality table' };
    return readTable(table.dataSet, { ...tags, isSigned: header.isSigned, isBigEndian }, file).lookUp;
  }
  const slope = of.floatString('x00281053') ?? 1;
  const intercept = of.floatString('x00281052') ?? 0;
  if (!Number.isFinite(slope) || !Number.isFinite(intercept))
    throw new ImageDecodeError({ file, expected: 'finite rescale values', actual: `${slope} and ${intercept}` });
  return slope === 1 && intercept === 0 ? identity : (value) => value * slope + intercept;
}

function voiOf(of: DataSet, options: DisplayOptions, isNegative: boolean): Curve | undefined {
  const { file, window, isBigEndian } = options;
  const windows = of.numStringValues('x00281050') ?? 0;
  const tables = of.elements['x00283010']?.items ?? [];
  const known = windows + tables.length;
  // Without a choice a file that has none is shown over its range.
  if (window !== 0 && !(Number.isSafeInteger(window) && window > 0 && window < known))
    throw new ImageDecodeError({ file, expected: `one of the file's ${known} windows, counted from 0`, actual: `window ${window}` });
  const table = tables[window - windows]?.dataSet;
  if (!table) return windowOf(of, window);
  const tags = { descriptor: 'x00283002', data: 'x00283006', what: 'a VOI table' };
  const vr = table.elements['x00283002']?.vr; // implicit files do not tell
  const isSigned = vr === undefined ? isNegative : vr === 'SS';
  const { lookUp, bits } = readTable(table, { ...tags, isSigned, isBigEndian }, file);
  const scale = 255 / (2 ** bits - 1);
  return (value) => lookUp(value) * scale;
}

function windowOf(of: DataSet, window: number): Curve | undefined {
  const center = of.floatString('x00281050', window);
  const width = of.floatString('x00281051', window);
  if (center === undefined || width === undefined || !Number.isFinite(center) || !(width > 0)) return undefined;
  switch (of.string('x00281056')?.trim()) {
    case 'SIGMOID':
      return (value) => 255 / (1 + Math.exp((-4 * (value - center)) / width));
    case 'LINEAR_EXACT':
      return (value) => ((value - center) / width + 0.5) * 255;
    default:
      if (width <= 1) return (value) => (value <= center - 0.5 ? 0 : 255);
      return (value) => ((value - (center - 0.5)) / (width - 1) + 0.5) * 255;
  }
}

function rangeOf(stored: Int32Array, dataSet: DataSet, header: DicomHeader, modality: Curve): Curve {
  if (header.bitsStored === 8 && !header.isSigned && modality === identity) return identity;
  const padding = header.isSigned ? dataSet.int16('x00280120') : dataSet.uint16('x00280120');
  let low = Infinity;
  let high = -Infinity;
  for (const value of stored) {
    if (value === padding) continue;
    const shown = modality(value);
    if (shown < low) low = shown;
    if (shown > high) high = shown;
  }
  return high > low ? (value) => ((value - low) / (high - low)) * 255 : () => 0;
}
