export interface RewriteOptions {
  /** Allow ONNX Runtime's own operators (`com.microsoft`); false for files that others read. Default: true. */
  readonly fuse?: boolean;
  /** The graph keeps frozen weights in a form of its own anyway (`ProgramSpec.weights`), so that it may take more memory for them. Default: false. */
  readonly packed?: boolean;
}
