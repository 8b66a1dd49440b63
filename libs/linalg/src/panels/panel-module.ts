import { moduleBytes } from './module-bytes.ts';

/** Largest block, in entries a side: two operands and the result are 1.5 MiB together, which second-level caches hold. */
export const blockSize = 256;

/** The assembled inner loops with their memory: see inner-loops.wat. */
export interface PanelModule {
  /** The whole memory: block a from 0, block b from `blockSize`², block c from 2 · `blockSize`². */
  readonly memory: Float64Array;
  /** c += a b, operands in panels; `first` as in inner-loops.wat. */
  multiply(terms: number, rowPanels: number, colPanels: number, first: number): void;
  /** One pass of Jacobi rotations over `n` columns at 0, `height` entries each, with `norms` after them; see inner-loops.wat. */
  sweep(n: number, upper: number, height: number, tolerance: number): boolean;
}

type SweepColumns = (x: number, norms: number, n: number, upper: number, height: number, tolerance: number) => number;

type MultiplyPanels = (
  a: number,
  b: number,
  c: number,
  terms: number,
  rowPanels: number,
  colPanels: number,
  first: number,
) => void;

/** What is used of WebAssembly; the types of the browser's library are not loaded here. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer };
      readonly multiplyPanels: MultiplyPanels;
      readonly sweepColumns: SweepColumns;
    };
  };
}

let opened: PanelModule | undefined;

/** One module a thread, made at the first call: it takes about a millisecond, and not every process multiplies. */
export function panelModule(): PanelModule {
  return (opened ??= openPanelModule());
}

function openPanelModule(): PanelModule {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  const bytes = Uint8Array.from(atob(moduleBytes), (char) => char.charCodeAt(0));
  const { memory, multiplyPanels, sweepColumns } = new Instance(new Module(bytes)).exports;
  const b = blockSize * blockSize * Float64Array.BYTES_PER_ELEMENT;
  return {
    memory: new Float64Array(memory.buffer),
    multiply: (terms, rowPanels, colPanels, first) => multiplyPanels(0, b, 2 * b, terms, rowPanels, colPanels, first),
    sweep: (n, upper, height, tolerance) => sweepColumns(0, 8 * n * height, n, 8 * upper, 8 * height, tolerance) === 1,
  };
}
