import type { Graph } from '../ir/graph.ts';
import type { Attribute, DataType, Initializer, Node } from '../ir/types.ts';
import { MessageWriter } from './wire.ts';

/** The operator set that kernels are written for; the first with Gelu. */
export const opset = 20;
const irVersion = 9;

/** onnx.TensorProto.DataType */
const dataTypes: Readonly<Record<DataType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

/** A dimension of an input or output: a number, or the name of a free axis. */
export type Dim = number | string;

export interface ModelOptions {
  /** Constants of at least so many bytes stay outside of the file, in memory; 0 puts all inside. */
  readonly externalBytes?: number;
  /** Dimensions of inputs and outputs, where they differ from the graph's. */
  readonly dims?: Readonly<Record<string, readonly Dim[]>>;
  readonly producer?: { readonly name: string; readonly version: string };
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface SerialisedModel {
  readonly model: Uint8Array<ArrayBuffer>;
  /** Constants left outside, as ONNX Runtime's `externalData` takes them; `data` is borrowed from the graph. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

const bytesOf = ({ data }: Initializer) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Writes a graph as an ONNX ModelProto (onnx.proto, IR version 9). */
export function serialiseModel(graph: Graph, options: ModelOptions = {}): SerialisedModel {
  const externalData: { path: string; data: Uint8Array }[] = [];
  const limit = options.externalBytes ?? 0;
  const nodes = graph.sorted();
  const { rename, copies } = nameOutputs(graph);

  const writer = new MessageWriter().int(1, irVersion);
  writer.text(2, options.producer?.name ?? 'medlego').text(3, options.producer?.version ?? '');
  writer.message(7, (w) => {
    nodes.forEach((node, i) => w.message(1, (n) => writeNode(n, node, i, rename)));
    for (const [output, value] of copies)
      w.message(1, (n) => n.text(1, rename(value)).text(2, output).text(3, `copy to ${output}`).text(4, 'Identity'));
    w.text(2, graph.name);
    for (const [value, initializer] of graph.initializers)
      w.message(5, (t) => {
        initializer.shape.forEach((dim) => t.int(1, dim));
        t.int(2, dataTypes[initializer.dtype]).text(8, value);
        if (limit === 0 || initializer.data.byteLength < limit) return void t.bytes(9, bytesOf(initializer));
        externalData.push({ path: value, data: bytesOf(initializer) });
        for (const [key, text] of [
          ['location', value],
          ['offset', '0'],
          ['length', String(initializer.data.byteLength)],
        ])
          t.message(13, (entry) => entry.text(1, key!).text(2, text!));
        t.int(14, 1);
      });
    for (const input of graph.inputs) {
      const { dtype, shape } = graph.info(input);
      w.message(11, (v) => writeValueInfo(v, input, dtype, options.dims?.[input] ?? shape));
    }
    for (const [output, value] of graph.outputs) {
      const { dtype, shape } = graph.info(value);
      w.message(12, (v) => writeValueInfo(v, output, dtype, options.dims?.[output] ?? shape));
    }
  });
  writer.message(8, (o) => o.text(1, '').int(2, opset));
  if (nodes.some((node) => node.domain === 'com.microsoft'))
    writer.message(8, (o) => o.text(1, 'com.microsoft').int(2, 1));
  for (const [key, value] of Object.entries(options.metadata ?? {}))
    writer.message(14, (m) => m.text(1, key).text(2, value));
  return { model: writer.finish(), externalData };
}

/**
 * Values that are one output take its name. A value that is an output twice, an input or a constant is copied instead.
 */
function nameOutputs(graph: Graph): { rename: (value: string) => string; copies: [output: string, value: string][] } {
  const names = new Map<string, string>();
  const copies: [string, string][] = [];
  for (const [output, value] of graph.outputs)
    if (graph.producer(value) && !names.has(value)) names.set(value, output);
    else copies.push([output, value]);
  return { rename: (value) => names.get(value) ?? value, copies };
}

function writeNode(w: MessageWriter, node: Node, index: number, rename: (value: string) => string): void {
  for (const input of node.inputs) w.text(1, rename(input));
  for (const output of node.outputs) w.text(2, rename(output));
  w.text(3, `${node.op}#${index}`).text(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes))
    w.message(5, (a) => writeAttribute(a, name, attribute));
  if (node.domain !== '') w.text(7, node.domain);
}

function writeAttribute(w: MessageWriter, name: string, attribute: Attribute): void {
  w.text(1, name);
  switch (attribute.kind) {
    case 'float':
      return void w.float(2, attribute.value).int(20, 1);
    case 'int':
      return void w.int(3, attribute.value).int(20, 2);
    case 'string':
      return void w.bytes(4, new TextEncoder().encode(attribute.value)).int(20, 3);
    case 'floats':
      attribute.value.forEach((value) => w.float(7, value));
      return void w.int(20, 6);
    case 'ints':
      attribute.value.forEach((value) => w.int(8, value));
      return void w.int(20, 7);
    default:
      return attribute satisfies never;
  }
}

function writeValueInfo(w: MessageWriter, name: string, dtype: DataType, dims: readonly Dim[]): void {
  w.text(1, name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.int(1, dataTypes[dtype]).message(2, (shape) => {
        for (const dim of dims) shape.message(1, (d) => (typeof dim === 'number' ? d.int(1, dim) : d.text(2, dim)));
      }),
    ),
  );
}
