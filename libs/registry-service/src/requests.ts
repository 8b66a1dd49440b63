import { artifactKinds, type ArtifactKind } from '@medlego/artifacts';
import { InvalidValueError } from '@medlego/errors';
import { isDigest, type Digest } from '@medlego/tensors';

const maxPage = 1000;

/** How many a page may hold; 0 stands for 100. @throws InvalidValueError */
export function toPageSize(pageSize: number): number {
  if (pageSize > maxPage)
    throw new InvalidValueError({ field: 'page_size', expected: `at most ${maxPage}`, actual: pageSize });
  return pageSize || 100;
}

/** @throws InvalidValueError */
export function toDigest(field: string, text: string): Digest {
  if (!isDigest(text))
    throw new InvalidValueError({
      field,
      expected: 'sha256: and 64 hex digits',
      actual: JSON.stringify(text.slice(0, 80)),
    });
  return text;
}

/** @throws InvalidValueError */
export function toKind(field: string, text: string): ArtifactKind {
  const kind = artifactKinds.find((candidate) => candidate === text);
  if (!kind)
    throw new InvalidValueError({
      field,
      expected: artifactKinds.join(', '),
      actual: JSON.stringify(text.slice(0, 80)),
    });
  return kind;
}

/** None stands for all. @throws InvalidValueError */
export const toKinds = (kinds: readonly string[]): { readonly kind?: readonly ArtifactKind[] } =>
  kinds.length === 0 ? {} : { kind: kinds.map((kind) => toKind('kinds', kind)) };

/** What a name has to point at before: absent for anything, empty for nothing. @throws InvalidValueError */
export const toExpected = (expected: string | undefined): { readonly expected?: Digest | null } =>
  expected === undefined ? {} : { expected: expected === '' ? null : toDigest('expected', expected) };
