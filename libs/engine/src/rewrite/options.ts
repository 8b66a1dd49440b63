export interface RewriteOptions {
  /** Allow ONNX Runtime's own operators (`com.microsoft`); false for files that others read. Default: true. */
  readonly fuse?: boolean;
}
