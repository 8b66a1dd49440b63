import { InvalidValueError } from '@medlego/errors';
import { writeFileAtomic } from '../atomic-file.ts';
import { readableDTypes, safetensorsDTypes } from '../dtype.ts';
import { sizeOf, type DType, type HostTensor, type NamedTensors } from '../host-tensor.ts';
import { bytesOf } from '../tensor-bytes.ts';

export type SafetensorsMetadata = Readonly<Record<string, string>>;

/**
 * A safetensors file in memory. Equal tensors and metadata give equal bytes, in whatever order they were named, and the same
 * bytes that the Python library writes: ordered by dtype (wide ones first, so that every tensor is aligned), then by name; the
 * keys of the metadata sorted; the header padded with spaces to a multiple of 8.
 *
 * @throws InvalidValueError for a shape that disagrees with its data, or a tensor called `__metadata__`
 */
export function encodeSafetensors(tensors: NamedTensors, metadata: SafetensorsMetadata = {}): Uint8Array {
  return concat(encodePieces(tensors, metadata));
}

/**
 * Writes `encodeSafetensors` to a file without building it in memory: temporary file → fsync → rename.
 * @throws DiskFullError, AccessDeniedError, FileNotFoundError; the file is then as it was
 */
export async function writeSafetensors(
  path: string,
  tensors: NamedTensors,
  metadata: SafetensorsMetadata = {},
): Promise<void> {
  const pieces = encodePieces(tensors, metadata);
  // One write for an adapter's many small tensors, one per tensor (and no copy) for a backbone's large ones.
  const total = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  await writeFileAtomic(path, total <= 2 ** 24 ? concat(pieces) : pieces, { what: 'tensors' });
}

/**
 * Writes the same bytes tensor by tensor: each is asked for when its turn has come, and may be dropped when the next is.
 *
 * @param infos   dtype and shape of every tensor, known beforehand because the header comes first
 * @param produce answers a tensor of that dtype and shape
 * @throws as `writeSafetensors`, InvalidValueError for a tensor that is not what `infos` says, and what `produce` throws; the
 *         file is then as it was
 */
export async function streamSafetensors(
  path: string,
  infos: TensorInfos,
  produce: (name: string) => HostTensor,
  metadata: SafetensorsMetadata = {},
): Promise<void> {
  const { header, names } = layOut(infos, metadata);
  await writeFileAtomic(path, pieces(), { what: 'tensors' });

  function* pieces(): Generator<Uint8Array> {
    yield header;
    for (const name of names) {
      const tensor = produce(name);
      const { dtype, shape } = infos[name]!;
      if (tensor.dtype !== dtype || tensor.data.length !== sizeOf(shape))
        throw new InvalidValueError({
          field: name,
          expected: `${dtype} [${shape.join(', ')}]`,
          actual: `${tensor.dtype} [${tensor.shape.join(', ')}]`,
        });
      yield bytesOf(tensor);
    }
  }
}

type TensorInfos = Readonly<Record<string, Pick<HostTensor, 'dtype' | 'shape'>>>;

/** The Python library's order of the dtypes that we write. */
const dtypeOrder: readonly DType[] = ['int64', 'float64', 'float32', 'int32', 'uint8', 'bool'];

function encodePieces(tensors: NamedTensors, metadata: SafetensorsMetadata): Uint8Array[] {
  for (const [name, { shape, data }] of Object.entries(tensors))
    if (sizeOf(shape) !== data.length)
      throw new InvalidValueError({
        field: `${name}.shape`,
        expected: `${data.length} elements`,
        actual: `[${shape.join(', ')}]`,
      });
  const { header, names } = layOut(tensors, metadata);
  return [header, ...names.map((name) => bytesOf(tensors[name]!))];
}

/** The header, and the names in the order of their bytes. */
function layOut(infos: TensorInfos, metadata: SafetensorsMetadata): { header: Uint8Array; names: readonly string[] } {
  const rank = (name: string) => dtypeOrder.indexOf(infos[name]!.dtype);
  const names = Object.keys(infos)
    .sort()
    .sort((a, b) => rank(a) - rank(b));

  const members: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) {
    const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
    members.push(['__metadata__', Object.fromEntries(pairs)]);
  }
  let offset = 0;
  for (const name of names) {
    const { dtype, shape } = infos[name]!;
    if (name === '__metadata__')
      throw new InvalidValueError({ field: 'tensor name', expected: 'any other name', actual: name });
    const diskDType = safetensorsDTypes[dtype];
    const end = offset + sizeOf(shape) * readableDTypes[diskDType].bytes;
    members.push([name, { dtype: diskDType, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  return { header: encodeHeader(members), names };
}

function encodeHeader(members: readonly [string, unknown][]): Uint8Array {
  // Member by member: an object would put names that look like whole numbers first.
  const json = `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const text = new TextEncoder().encode(json);
  const header = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return header;
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.byteLength;
  }
  return bytes;
}
