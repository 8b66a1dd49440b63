import { AppError } from '../app-error.ts';

/** An archive that asks for more than the reader's limits allow: too many entries, too large, or compressed beyond belief. */
export class ArchiveLimitError extends AppError {
  readonly code = 'archive_limit';
  readonly kind = 'bad_input';
  readonly facts: {
    readonly file: string;
    readonly entry: string;
    readonly limit: 'entries' | 'entry bytes' | 'total bytes' | 'compression ratio';
    readonly allowed: number;
    readonly actual: number;
  };
  constructor(facts: ArchiveLimitError['facts']) {
    super(
      `${facts.file}, ${facts.entry}: ${facts.limit} is ${facts.actual}, at most ${facts.allowed} is allowed. Raise the limit only if you trust the file.`,
    );
    this.facts = facts;
  }
}

/** An .npz without one of the arrays that a data set needs. */
export class MissingArrayError extends AppError {
  readonly code = 'missing_array';
  readonly kind = 'bad_input';
  readonly facts: { readonly file: string; readonly key: string; readonly found: readonly string[] };
  constructor(facts: MissingArrayError['facts']) {
    super(`${facts.file}: array ${facts.key} is missing, the file holds ${facts.found.join(', ') || 'no arrays'}.`);
    this.facts = facts;
  }
}

/** A label that the task does not have. */
export class LabelRangeError extends AppError {
  readonly code = 'label_range';
  readonly kind = 'bad_input';
  readonly facts: {
    readonly source: string;
    readonly split: string;
    readonly row: number;
    readonly expected: string;
    readonly actual: string;
  };
  constructor(facts: LabelRangeError['facts']) {
    super(`${facts.source}, ${facts.split} row ${facts.row}: expected ${facts.expected}, got label ${facts.actual}.`);
    this.facts = facts;
  }
}

/** As many labels as images are needed in every split. */
export class CountMismatchError extends AppError {
  readonly code = 'count_mismatch';
  readonly kind = 'bad_input';
  readonly facts: {
    readonly source: string;
    readonly split: string;
    readonly images: number;
    readonly labels: number;
  };
  constructor(facts: CountMismatchError['facts']) {
    super(`${facts.source}, ${facts.split}: ${facts.images} images but ${facts.labels} rows of labels.`);
    this.facts = facts;
  }
}

/** A split that is needed and holds no image. */
export class EmptySplitError extends AppError {
  readonly code = 'empty_split';
  readonly kind = 'bad_input';
  readonly facts: { readonly source: string; readonly split: string };
  constructor(facts: EmptySplitError['facts']) {
    super(`${facts.source}: the ${facts.split} split holds no images, at least one is needed.`);
    this.facts = facts;
  }
}

/** Bytes that no decoder accepts as an image, or an image beyond the pixel limit. */
export class ImageDecodeError extends AppError {
  readonly code = 'image_decode';
  readonly kind = 'bad_input';
  readonly facts: { readonly file: string; readonly expected: string; readonly actual: string };
  constructor(facts: ImageDecodeError['facts'], options?: { cause?: unknown }) {
    super(`${facts.file}: expected ${facts.expected}, got ${facts.actual}.`, options);
    this.facts = facts;
  }
}

/** Some images of a folder or list cannot be read; `first` names the first few, `count` tells how many there are. */
export class UnreadableImagesError extends AppError {
  readonly code = 'unreadable_images';
  readonly kind = 'bad_input';
  readonly facts: {
    readonly source: string;
    readonly count: number;
    readonly total: number;
    readonly first: readonly { readonly file: string; readonly reason: string }[];
  };
  constructor(facts: UnreadableImagesError['facts']) {
    super(
      `${facts.source}: ${facts.count} of ${facts.total} images cannot be read: ` +
        `${facts.first.map(({ file, reason }) => `${file} (${reason})`).join('; ')}${facts.count > facts.first.length ? '; ...' : ''} ` +
        'Repair or remove them, or leave them out with --skip-bad.',
    );
    this.facts = facts;
  }
}

/** A DICOM file whose pixels are stored in a way that this build cannot decode. */
export class TransferSyntaxError extends AppError {
  readonly code = 'unsupported_transfer_syntax';
  readonly kind = 'unsupported';
  readonly facts: {
    readonly file: string;
    readonly uid: string;
    readonly name: string;
    readonly supported: readonly string[];
  };
  constructor(facts: TransferSyntaxError['facts']) {
    super(
      `${facts.file}: transfer syntax ${facts.uid} (${facts.name}) cannot be decoded here, supported are ${facts.supported.join(', ')}. ` +
        'Convert the file to Explicit VR Little Endian first.',
    );
    this.facts = facts;
  }
}

/** A data set that is neither a file or folder nor a known name found in the searched places. */
export class DatasetNotFoundError extends AppError {
  readonly code = 'dataset_not_found';
  readonly kind = 'not_found';
  readonly facts: { readonly ref: string; readonly searched: readonly string[]; readonly hint: string };
  constructor(facts: DatasetNotFoundError['facts'], options?: { cause?: unknown }) {
    super(`Data set ${facts.ref} was not found (looked at ${facts.searched.join(', ')}). ${facts.hint}`, options);
    this.facts = facts;
  }
}

/** A download that did not come through: closed network, refused, broken off or answered with an error status. */
export class DownloadUnavailableError extends AppError {
  readonly code = 'download_unavailable';
  readonly kind = 'unavailable';
  readonly facts: {
    readonly url: string;
    readonly target: string;
    readonly reason: string;
    readonly bytesKept: number;
  };
  constructor(facts: DownloadUnavailableError['facts'], options?: { cause?: unknown }) {
    super(
      `${facts.url} could not be downloaded: ${facts.reason}. ` +
        (facts.bytesKept > 0 ? `${facts.bytesKept} bytes are kept, the same command goes on from there. ` : '') +
        `In a closed network fetch that address elsewhere and put the file at ${facts.target}.`,
      options,
    );
    this.facts = facts;
  }
}

/** A downloaded or hand-placed file whose bytes are not the published ones. */
export class DownloadChecksumError extends AppError {
  readonly code = 'download_checksum';
  readonly kind = 'corrupt';
  readonly facts: {
    readonly file: string;
    readonly source: string;
    readonly expected: string;
    readonly actual: string;
  };
  constructor(facts: DownloadChecksumError['facts']) {
    super(`${facts.file} from ${facts.source}: expected MD5 ${facts.expected}, got ${facts.actual}.`);
    this.facts = facts;
  }
}
