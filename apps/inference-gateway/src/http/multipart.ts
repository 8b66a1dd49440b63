import { InvalidValueError } from '@medlego/errors';

export interface Part {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/**
 * The parts of a `multipart/related` body.
 *
 * @param maxParts more are refused
 * @returns views of the body, in order
 * @throws InvalidValueError for another type, a missing boundary, a body that is cut off, or too many parts
 * Source: RFC 2046, 5.1.1; RFC 2387. Boundaries may be longer than its 70 characters: Orthanc sends 73.
 */
export function parseMultipart(contentType: string | undefined, body: Uint8Array, maxParts: number): Part[] {
  const type = contentType ?? '';
  const boundary = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200})(?![^\s;]))/i.exec(type);
  if (!/^multipart\/related\b/i.test(type) || !boundary)
    throw new InvalidValueError({
      field: 'Content-Type',
      expected: 'multipart/related with a boundary',
      actual: type || 'none',
    });
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`--${boundary[1] ?? boundary[2]}`, 'latin1');
  const parts: Part[] = [];
  let at = buffer.indexOf(delimiter);
  for (;;) {
    if (at < 0) throw unfinished(parts.length);
    const start = at + delimiter.length;
    if (buffer.subarray(start, start + 2).toString('latin1') === '--') return parts;
    if (parts.length === maxParts)
      throw new InvalidValueError({ field: 'body', expected: `at most ${maxParts} parts`, actual: 'more' });
    const headersEnd = buffer.indexOf('\r\n\r\n', start, 'latin1');
    const next = buffer.indexOf(Buffer.concat([Buffer.from('\r\n'), delimiter]), Math.max(start, headersEnd + 2));
    if (headersEnd < 0 || next < 0) throw unfinished(parts.length);
    const headers = buffer.subarray(start, headersEnd).toString('latin1');
    parts.push({
      contentType: /\r\ncontent-type:[ \t]*([^\r\n]*)/i.exec(headers)?.[1] ?? '',
      body: body.subarray(Math.min(headersEnd + 4, next), next),
    });
    at = next + 2;
  }
}

const unfinished = (parts: number) =>
  new InvalidValueError({
    field: 'body',
    expected: 'parts up to the closing boundary',
    actual: `the end after ${parts} parts`,
  });

/** DICOM files as one `multipart/related` body. */
export function toMultipart(files: readonly Uint8Array[], boundary: string): Buffer {
  const head = `--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`;
  const parts = files.flatMap((file) => [Buffer.from(head), file, Buffer.from('\r\n')]);
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}
