import { mergeMethods, type MergeMethod, type SpaceId } from '../src/index.ts';

/** Every method on every space that it declares. */
export const methodsOnSpaces = (): { method: MergeMethod; space: SpaceId }[] =>
  mergeMethods.flatMap((method) => method.spaces.map((space) => ({ method, space })));
