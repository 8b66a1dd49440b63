/** Messages as the loader of `open-inference-v2.proto` gives them: names as in the file, int64 as numbers, all defaults filled in. */
export interface InferParameter {
  readonly parameter_choice?: string;
  readonly bool_param?: boolean;
  readonly int64_param?: number;
  readonly string_param?: string;
  readonly double_param?: number;
  readonly uint64_param?: number;
}

export interface TensorContents {
  readonly uint_contents: readonly number[];
  readonly fp32_contents: readonly number[];
  readonly bytes_contents: readonly Uint8Array[];
}

export interface ModelInferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: Readonly<Record<string, InferParameter>>;
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly contents: TensorContents | null;
  }[];
  readonly outputs: readonly { readonly name: string }[];
  readonly raw_input_contents: readonly Uint8Array[];
}

export interface ModelRef {
  readonly name: string;
  readonly version: string;
}

/** The value that is set, whatever its type. */
export const valueOf = (parameter: InferParameter): unknown =>
  parameter.parameter_choice === undefined
    ? undefined
    : parameter[parameter.parameter_choice as 'bool_param' | 'int64_param' | 'string_param'];

export interface RepositoryChange {
  readonly model_name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}
