import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Writes nested messages by field number; onnx.proto's numbers are in the files that use this. */
export class MessageWriter {
  readonly #writer = new BinaryWriter();

  int(field: number, value: number): this {
    this.#writer.tag(field, WireType.Varint).int64(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#writer.tag(field, WireType.Bit32).float(value);
    return this;
  }

  text(field: number, value: string): this {
    this.#writer.tag(field, WireType.LengthDelimited).string(value);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#writer.tag(field, WireType.LengthDelimited).bytes(value);
    return this;
  }

  message(field: number, write: (writer: MessageWriter) => void): this {
    const nested = new MessageWriter();
    write(nested);
    return this.bytes(field, nested.finish());
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#writer.finish();
  }
}
