import { isDicom } from '@medlego/data';
import { InvalidValueError } from '@medlego/errors';
import { dcmjs } from './dcmjs.ts';

/** What a report takes over from the image that it is about. Text is Unicode, whatever character set the file uses. */
export type SourceAttributes = Readonly<Record<string, unknown>> & {
  readonly StudyInstanceUID: string;
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
};

/** @throws InvalidValueError for what is not DICOM, or lacks what a report has to refer to */
export function readSource(file: Uint8Array): SourceAttributes {
  if (!isDicom(file))
    throw new InvalidValueError({ field: 'body', expected: 'a DICOM file, for a DICOM SR', actual: 'another file' });
  const dataset = parse(file);
  for (const name of ['StudyInstanceUID', 'SOPInstanceUID', 'SOPClassUID'] as const)
    if (typeof dataset[name] !== 'string' || !/^[0-9.]{1,64}$/.test(dataset[name]))
      throw new InvalidValueError({ field: name, expected: 'a UID, for a DICOM SR to refer to', actual: 'none' });
  return dataset as SourceAttributes;
}

function parse(file: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const { buffer, byteOffset, byteLength } = file;
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    const { dict } = dcmjs.data.DicomMessage.readFile(bytes, { untilTag: '7FE00010' });
    return dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
  } catch (error) {
    const actual = error instanceof Error ? error.message : String(error);
    throw new InvalidValueError({ field: 'body', expected: 'a readable DICOM file', actual }, { cause: error });
  }
}
