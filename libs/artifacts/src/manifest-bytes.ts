import { InvalidValueError } from '@medlego/errors';
import { canonicalJson } from './canonical-json.ts';
import type { Manifest } from './manifest.ts';
import { parseManifest } from './manifest-schema.ts';
import { assertCompleteFiles } from './specialist-format.ts';
import { assertManifestVersion } from './stored-manifest.ts';

/**
 * A manifest as somebody sent it, checked field by field, and complete for its kind.
 * @throws InvalidValueError for bytes that are not the canonical JSON of a manifest; ManifestVersionError
 */
export function readManifestBytes(bytes: Uint8Array): Manifest {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InvalidValueError(
      { field: 'manifest', expected: 'JSON', actual: `${bytes.length} other bytes` },
      { cause },
    );
  }
  if (typeof document !== 'object' || document === null)
    throw new InvalidValueError({ field: 'manifest', expected: 'a JSON object', actual: String(document) });
  assertManifestVersion(document, 'manifest');
  const manifest = parseManifest(document);
  assertCompleteFiles(manifest);
  if (Buffer.compare(canonicalJson(manifest, 'manifest'), bytes) !== 0)
    throw new InvalidValueError({
      field: 'manifest',
      expected: 'canonical JSON (RFC 8785)',
      actual: 'another spelling',
    });
  return manifest;
}
