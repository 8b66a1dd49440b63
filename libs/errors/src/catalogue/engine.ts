import { AppError } from '../app-error.ts';

/** An engine or device that was asked for does not work on this machine. */
export class EngineUnavailableError extends AppError {
  readonly code = 'engine_unavailable';
  readonly kind = 'unsupported';
  readonly facts: {
    readonly engine: string;
    readonly device: string;
    /** What was tried and how it failed. */
    readonly tried: string;
    /** What to install or to ask for instead. */
    readonly remedy: string;
  };
  constructor(facts: EngineUnavailableError['facts'], options?: { cause?: unknown }) {
    super(
      `Engine ${facts.engine} on device ${facts.device} is not available: ${facts.tried}. ${facts.remedy}`,
      options,
    );
    this.facts = facts;
  }
}

/** A tfjs kernel, or a use of it, that cannot be compiled into a graph. */
export class UnsupportedKernelError extends AppError {
  readonly code = 'unsupported_kernel';
  readonly kind = 'unsupported';
  readonly facts: { readonly kernel: string; readonly program: string; readonly detail?: string };
  constructor(facts: UnsupportedKernelError['facts']) {
    super(
      `${facts.program}: kernel ${facts.kernel} cannot be compiled${facts.detail ? ` (${facts.detail})` : ''}. ` +
        'Write the function with other operations, add the kernel to libs/engine/src/kernels, or use engine cpu or tensorflow.',
    );
    this.facts = facts;
  }
}

/** A function that breaks the rules of a pure function: reads values while it is traced, mixes traces, leaks or loses tensors. */
export class TraceError extends AppError {
  readonly code = 'trace';
  readonly kind = 'bad_input';
  readonly facts: { readonly program: string; readonly problem: string };
  constructor(facts: TraceError['facts']) {
    super(`${facts.program}: ${facts.problem}.`);
    this.facts = facts;
  }
}

/** The runtime refused a compiled graph or failed while running it. */
export class GraphExecutionError extends AppError {
  readonly code = 'graph_execution';
  readonly kind = 'unsupported';
  readonly facts: { readonly program: string; readonly phase: 'compile' | 'run'; readonly reason: string };
  constructor(facts: GraphExecutionError['facts'], options?: { cause?: unknown }) {
    super(`${facts.program}: ONNX Runtime could not ${facts.phase} the graph: ${facts.reason}`, options);
    this.facts = facts;
  }
}
