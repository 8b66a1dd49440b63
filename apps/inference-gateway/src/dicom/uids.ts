import { createHash, randomUUID } from 'node:crypto';

/** A UUID as a DICOM UID. Source: DICOM PS3.5, B.2. */
const fromUuid = (hex: string): string => `2.25.${BigInt(`0x${hex}`)}`;

export const newUid = (): string => fromUuid(randomUUID().replaceAll('-', ''));

/** The same UID for the same text, whenever and wherever: a UUID of version 8 out of its SHA-256. Source: RFC 9562, 5.8. */
export function uidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return fromUuid(bytes.toString('hex'));
}

/** The device that an artifact is: another version is another device. */
export const deviceUid = (digest: string): string => uidOf(`medlego device ${digest}`);
