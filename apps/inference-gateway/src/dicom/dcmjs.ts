import { createRequire } from 'node:module';

type Elements = Record<string, unknown>;

interface DicomFile {
  readonly meta: Elements;
  readonly dict: Elements;
}

interface Logger {
  setLevel(level: 'silent'): void;
}

/** The parts of dcmjs that are used here. */
interface Dcmjs {
  readonly log: Logger & { getLogger(name: string): Logger };
  readonly data: {
    readonly DicomMessage: { readFile(buffer: ArrayBuffer, options?: { readonly untilTag?: string }): DicomFile };
    readonly DicomMetaDictionary: {
      naturalizeDataset(elements: Elements): Elements;
      denaturalizeDataset(dataset: Elements): Elements;
    };
    readonly DicomDict: new (meta: Elements) => { dict: Elements; write(): ArrayBuffer };
  };
}

/** It comes without types, and a declaration of its module would not reach projects that import this one: hence not `import`. */
export const dcmjs = createRequire(import.meta.url)('dcmjs') as Dcmjs;

// What it prints is made of the files' bytes.
for (const log of [dcmjs.log, dcmjs.log.getLogger('validation.dcmjs')]) log.setLevel('silent');
