import { parseDicom } from '@medlego/data';
import type { InputLimits } from '../inputs/tensor.ts';

/** What a DICOM file is called; null where it does not say. */
export interface InstanceUids {
  readonly sopClass: string | null;
  readonly sopInstance: string | null;
}

/** @throws ImageDecodeError for what is not readable as DICOM */
export function readInstance(file: Uint8Array, { maxPixels }: InputLimits): InstanceUids {
  const dataSet = parseDicom(file, { file: 'part', maxPixels });
  const uid = (tag: string) => {
    const value = dataSet.string(tag)?.trim();
    return value !== undefined && /^[0-9.]{1,64}$/.test(value) ? value : null;
  };
  return { sopClass: uid('x00080016'), sopInstance: uid('x00080018') };
}
