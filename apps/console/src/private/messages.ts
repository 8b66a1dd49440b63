import { type PreprocessInfo, type TaskInfo, type TaskPrediction } from '../api/types.ts';

/** What the page asks the worker for. */
export interface PrivateRequest {
  readonly file: Blob;
  /** Address of the model's ONNX graph. */
  readonly graphUrl: string;
  readonly authorization: string | null;
  readonly preprocess: PreprocessInfo;
  readonly tasks: readonly TaskInfo[];
}

export type PrivateReply =
  | { readonly ok: true; readonly predictions: readonly TaskPrediction[]; readonly ms: number }
  | { readonly ok: false; readonly message: string };
