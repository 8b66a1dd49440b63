import type { GraphBuilder, Sym } from './builder.ts';

/** Inputs of a kernel by tfjs's names, as values of the graph; inputs that are a list in tfjs have the names '0', '1', ... */
export type SymsOf<Inputs> = { readonly [Name in keyof Inputs]-?: Sym };

export type RunKernel = (b: GraphBuilder, inputs: Record<string, Sym>, attrs: Record<string, unknown>) => Sym | Sym[];

/** How one tfjs kernel becomes operators. */
export interface TraceKernel {
  readonly name: string;
  readonly run: RunKernel;
}

/** Writes a kernel with tfjs's own types of inputs and attributes. */
export function kernel<Inputs, Attrs = unknown>(
  name: string,
  run: (b: GraphBuilder, inputs: SymsOf<Inputs>, attrs: Attrs) => Sym | Sym[],
): TraceKernel {
  return { name, run: run as unknown as RunKernel };
}

/** A use of a kernel that has no translation; becomes an UnsupportedKernelError, which names the program too. */
export class Untranslatable extends Error {}
