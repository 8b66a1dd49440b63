import { invariant } from '@medlego/errors';
import { sizeOf } from '@medlego/tensors';
import type { Attributes, DataArrays, DataType, Domain, Initializer, Node, ValueInfo } from './types.ts';

type MutableNode = { -readonly [K in keyof Node]: Node[K] };

/**
 * A graph of ONNX operators over named values with fixed shapes, made to be rewritten: producers and consumers are indexed at all times.
 * Nodes may be added in any order; `sorted` puts them in an order that ONNX accepts.
 */
export class Graph {
  readonly name: string;
  /** Names of the values that the caller feeds. */
  readonly inputs: string[] = [];
  /** Public name → value. Two outputs may share a value, and an input or constant may be an output. */
  readonly outputs = new Map<string, string>();

  readonly #nodes = new Set<MutableNode>();
  readonly #values = new Map<string, ValueInfo>();
  readonly #initializers = new Map<string, Initializer>();
  readonly #producers = new Map<string, MutableNode>();
  readonly #consumers = new Map<string, Set<MutableNode>>();
  readonly #interned = new Map<string, string>();
  #next = 0;

  constructor(name: string) {
    this.name = name;
  }

  get nodes(): ReadonlySet<Node> {
    return this.#nodes;
  }

  get initializers(): ReadonlyMap<string, Initializer> {
    return this.#initializers;
  }

  /** A value name that is not in use yet. */
  fresh(prefix: string): string {
    return `${prefix}_${this.#next++}`;
  }

  addInput(name: string, info: ValueInfo): string {
    this.#define(name, info);
    this.inputs.push(name);
    return name;
  }

  /** Adds a constant under a fresh (or the given) name; the data is borrowed. */
  addInitializer<D extends DataType>(dtype: D, shape: readonly number[], data: DataArrays[D], name?: string): string {
    const value = name ?? this.fresh('const');
    invariant(data.length === sizeOf(shape), `${value}: ${data.length} elements for shape [${shape.join(', ')}]`);
    this.#define(value, { dtype, shape });
    this.#initializers.set(value, { dtype, shape, data } as Initializer);
    return value;
  }

  /** A small constant from plain numbers; equal constants share one value. */
  constant(dtype: DataType, shape: readonly number[], values: readonly number[]): string {
    const key = `${dtype}|${shape.join(',')}|${values.map((value) => (Object.is(value, -0) ? '-0' : value)).join(',')}`;
    const known = this.#interned.get(key);
    if (known !== undefined && this.#initializers.has(known)) return known;
    const value = this.addInitializer(dtype, shape, toArray(dtype, values));
    this.#interned.set(key, value);
    return value;
  }

  scalar(value: number, dtype: DataType = 'float32'): string {
    return this.constant(dtype, [], [value]);
  }

  int64s(values: readonly number[]): string {
    return this.constant('int64', [values.length], values);
  }

  /** Adds an operator with one output and returns the output's name. */
  emit(
    op: string,
    inputs: readonly string[],
    info: ValueInfo,
    attributes: Attributes = {},
    domain: Domain = '',
  ): string {
    return this.addNode(op, inputs, [info], attributes, domain).outputs[0]!;
  }

  /** Adds an operator; a `null` in `infos` leaves that optional output out. */
  addNode(
    op: string,
    inputs: readonly string[],
    infos: readonly (ValueInfo | null)[],
    attributes: Attributes = {},
    domain: Domain = '',
  ): Node {
    const outputs = infos.map((info) => (info === null ? '' : this.fresh(op)));
    const node: MutableNode = { op, domain, inputs: [...inputs], outputs, attributes };
    outputs.forEach((output, i) => {
      if (output === '') return;
      this.#define(output, infos[i]!);
      this.#producers.set(output, node);
    });
    this.#nodes.add(node);
    for (const input of inputs) this.#link(input, node);
    return node;
  }

  /** Removes an operator; its outputs must be without uses. */
  removeNode(node: Node): void {
    for (const output of node.outputs) {
      if (output === '') continue;
      invariant(!this.isUsed(output), `${output} of ${node.op} is still used`);
      this.#producers.delete(output);
      this.#values.delete(output);
      this.#consumers.delete(output);
    }
    this.#nodes.delete(node as MutableNode);
    for (const input of new Set(node.inputs)) this.#consumers.get(input)?.delete(node as MutableNode);
  }

  removeInitializer(name: string): void {
    invariant(!this.isUsed(name), `constant ${name} is still used`);
    this.#initializers.delete(name);
    this.#values.delete(name);
    this.#consumers.delete(name);
  }

  /** Makes a constant an input, to be fed at each run, and returns what it was. */
  feedInitializer(name: string): Initializer {
    const initializer = this.#initializers.get(name);
    invariant(initializer, `graph ${this.name} has no constant ${name}`);
    this.#initializers.delete(name);
    this.inputs.push(name);
    return initializer;
  }

  setInput(node: Node, index: number, value: string): void {
    const mutable = node as MutableNode;
    const old = mutable.inputs[index];
    mutable.inputs = mutable.inputs.with(index, value);
    if (old !== undefined && old !== '' && !mutable.inputs.includes(old)) this.#consumers.get(old)?.delete(mutable);
    this.#link(value, mutable);
  }

  setAttributes(node: Node, attributes: Attributes): void {
    (node as MutableNode).attributes = attributes;
  }

  /** Lets everything that used `old`, graph outputs too, use `value` instead. */
  replaceUses(old: string, value: string): void {
    if (old === value) return;
    for (const node of [...(this.#consumers.get(old) ?? [])]) {
      node.inputs = node.inputs.map((input) => (input === old ? value : input));
      this.#link(value, node);
    }
    this.#consumers.get(old)?.clear();
    for (const [name, output] of this.outputs) if (output === old) this.outputs.set(name, value);
  }

  has(value: string): boolean {
    return this.#values.has(value);
  }

  /** Shape and element type of a value. */
  info(value: string): ValueInfo {
    const info = this.#values.get(value);
    invariant(info, `graph ${this.name} has no value ${value}`);
    return info;
  }

  /** The operator that computes a value; undefined for inputs and constants. */
  producer(value: string): Node | undefined {
    return this.#producers.get(value);
  }

  /** The operators that read a value, each once. */
  consumers(value: string): Node[] {
    return [...(this.#consumers.get(value) ?? [])];
  }

  isOutput(value: string): boolean {
    for (const output of this.outputs.values()) if (output === value) return true;
    return false;
  }

  isUsed(value: string): boolean {
    return (this.#consumers.get(value)?.size ?? 0) > 0 || this.isOutput(value);
  }

  /** Read by exactly one operator (once or several times) and not an output: safe to fuse away. */
  hasOneConsumer(value: string): boolean {
    return this.#consumers.get(value)?.size === 1 && !this.isOutput(value);
  }

  /** The constant behind a value, if it is one. */
  constantOf(value: string): Initializer | undefined {
    return this.#initializers.get(value);
  }

  /** The number that all elements of a value share, if that is known: a constant (up to 4096 elements are looked at) or an Expand of one. */
  uniformOf(value: string): number | undefined {
    const producer = this.#producers.get(value);
    if (producer?.op === 'Expand' && producer.domain === '') return this.uniformOf(producer.inputs[0]!);
    const data = this.#initializers.get(value)?.data;
    if (!data || data.length === 0 || data.length > 4096) return undefined;
    const first = data[0]!;
    for (let i = 1; i < data.length; i++) if (data[i] !== first) return undefined;
    return Number(first);
  }

  /** Nodes so that each comes after the producers of its inputs; stable otherwise. */
  sorted(): Node[] {
    const order: Node[] = [];
    const done = new Set<Node>();
    for (const root of this.#nodes) {
      const stack: { node: Node; next: number }[] = done.has(root) ? [] : [{ node: root, next: 0 }];
      while (stack.length > 0) {
        const top = stack.at(-1)!;
        const input = top.node.inputs[top.next++];
        if (input === undefined) {
          stack.pop();
          if (!done.has(top.node)) order.push(top.node);
          done.add(top.node);
          continue;
        }
        const producer = this.#producers.get(input);
        if (producer && !done.has(producer)) stack.push({ node: producer, next: 0 });
      }
    }
    return order;
  }

  #define(name: string, info: ValueInfo): void {
    invariant(name !== '' && !this.#values.has(name), `graph ${this.name} already has a value ${name}`);
    this.#values.set(name, info);
  }

  #link(value: string, node: MutableNode): void {
    if (value === '') return;
    invariant(this.#values.has(value), `${node.op} uses ${value}, which graph ${this.name} does not have`);
    let set = this.#consumers.get(value);
    if (!set) this.#consumers.set(value, (set = new Set()));
    set.add(node);
  }
}

function toArray(dtype: DataType, values: readonly number[]): DataArrays[DataType] {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(values);
    case 'float64':
      return Float64Array.from(values);
    case 'int32':
      return Int32Array.from(values);
    case 'int64':
      return BigInt64Array.from(values, BigInt);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(values);
    default:
      return dtype satisfies never;
  }
}
