export { dicomFile, explicitLittle, greyElements, words, type DicomElement, type GreyOptions } from './dicom-file.ts';
export { pattern } from './npz-file.ts';
