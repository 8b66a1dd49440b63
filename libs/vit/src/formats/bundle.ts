import { type NamedTensors } from '@medlego/tensors';

export type JsonObject = { readonly [key: string]: unknown };

/** What an export consists of, as data: tensor files and JSON files by name, and what the reader should know. */
export interface ExportBundle {
  readonly tensors: Readonly<Record<string, NamedTensors>>;
  readonly json: Readonly<Record<string, JsonObject>>;
  readonly warnings: readonly string[];
}
