import { InvalidValueError } from '@medlego/errors';
import { isDigest, type Digest } from '@medlego/tensors';
import { artifactKinds, type ArtifactKind } from './manifest.ts';

/** What a reference can mean, before the store is asked. */
export interface ParsedRef {
  /** Given with the name: `specialist/pneumonia`. */
  readonly kind?: ArtifactKind;
  readonly name?: string;
  /** Counted from 1: `pneumonia@2`. */
  readonly version?: number;
  readonly digest?: Digest;
  /** Hex digits, without `sha256:`. */
  readonly digestPrefix?: string;
}

// Lower case only: names are also file names, and some file systems ignore case.
const namePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/;
const refPattern = /^(?:([a-z]+)\/)?([a-z0-9][a-z0-9._-]{0,99})(?:@([1-9][0-9]{0,7}))?$/;
const prefixPattern = /^(?:sha256:)?([0-9a-f]{4,64})$/;

/** @throws InvalidValueError */
export function assertName(name: string): void {
  if (!namePattern.test(name) || name.endsWith('.'))
    throw new InvalidValueError({
      field: 'name',
      expected: 'at most 100 lower-case letters, digits, "-", "_" and ".", beginning with a letter or digit',
      actual: JSON.stringify(name.slice(0, 120)),
    });
}

/** @throws InvalidValueError for text that can be neither a name nor a digest */
export function parseRef(ref: string): ParsedRef {
  if (isDigest(ref)) return { digest: ref };
  const digestPrefix = prefixPattern.exec(ref)?.[1];
  const [, kind, name, version] = refPattern.exec(ref) ?? [];
  if (kind !== undefined && !isArtifactKind(kind))
    throw new InvalidValueError({
      field: 'reference',
      expected: `${artifactKinds.join(', ')} before the "/"`,
      actual: ref,
    });
  if (name === undefined && digestPrefix === undefined)
    throw new InvalidValueError({
      field: 'reference',
      expected: 'a name (pneumonia), a version (pneumonia@2) or a digest (sha256:… or its first 4 or more digits)',
      actual: JSON.stringify(ref.slice(0, 120)),
    });
  return { kind, name, version: version === undefined ? undefined : Number(version), digestPrefix };
}

const isArtifactKind = (text: string): text is ArtifactKind => (artifactKinds as readonly string[]).includes(text);
