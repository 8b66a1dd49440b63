import fc from 'fast-check';

/** A change of some bytes; places are shares of the length, so that every edit fits every file. */
export type Edit =
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'drop'; readonly at: number; readonly count: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'repeat'; readonly at: number; readonly count: number };

/** Most places in the first part of a file, where sizes and types are. */
const place = fc.oneof(
  { weight: 2, arbitrary: fc.double({ min: 0, max: 0.15, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
);
/** The values that lengths and counts break at, and any other. */
const byte = fc.oneof(fc.constantFrom(0, 1, 127, 128, 254, 255), fc.integer({ min: 0, max: 255 }));

export const edits = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), at: place, value: byte }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('cut' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('drop' as const), at: place, count: fc.integer({ min: 1, max: 40 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('insert' as const),
        at: place,
        bytes: fc.uint8Array({ minLength: 1, maxLength: 24 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('repeat' as const),
        at: place,
        count: fc.integer({ min: 1, max: 300 }),
      }),
    },
  ),
  { minLength: 1, maxLength: 12 },
);

export const mutate = (bytes: Uint8Array, changes: readonly Edit[]): Uint8Array => changes.reduce(apply, bytes);

function apply(bytes: Uint8Array, edit: Edit): Uint8Array {
  const at = Math.min(bytes.length, Math.floor(edit.at * bytes.length));
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (edit.kind) {
    case 'set': {
      const changed = Uint8Array.from(bytes);
      if (at < changed.length) changed[at] = edit.value;
      return changed;
    }
    case 'cut':
      return before;
    case 'drop':
      return Buffer.concat([before, after.subarray(edit.count)]);
    case 'insert':
      return Buffer.concat([before, edit.bytes, after]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, edit.count), after]);
  }
}
