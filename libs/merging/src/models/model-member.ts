import { InvalidValueError, MissingTensorError, ModelMismatchError } from '@medlego/errors';
import { type HostTensor, type NamedTensors } from '@medlego/tensors';
import { sortMembers, type MergeMember } from '../members.ts';
import { compareNatural } from '../order.ts';

/** Where a model's tensors come from: a file that is open (`openSafetensors`) or memory (`memoryReader`). */
export interface TensorReader {
  readonly tensors: Readonly<Record<string, TensorHeader>>;
  /** May be asked for one tensor many times; the answer is borrowed until the next question. */
  read(name: string): HostTensor;
}

export type TensorHeader = Pick<HostTensor, 'dtype' | 'shape'>;

/** One fine-tuned model in a merge; without its head. */
export interface ModelMember extends Omit<MergeMember, 'updates'> {
  readonly model: TensorReader;
}

/** Models checked and sorted by name. */
export interface ModelSet {
  readonly members: readonly ModelMember[];
  readonly names: readonly string[];
  readonly weights: readonly number[];
  readonly backbone: string | undefined;
  /** Sorted naturally. */
  readonly tensors: readonly string[];
}

export const memoryReader = (tensors: NamedTensors): TensorReader => ({
  tensors,
  read(name) {
    const tensor = tensors[name];
    if (!tensor) throw new MissingTensorError({ param: name, source: 'model in memory' });
    return tensor;
  },
});

const baseName = 'the backbone';

/**
 * Checks that all models have the backbone's tensors, with their shapes and dtypes, and brings members into canonical order.
 * @throws ModelMismatchError naming the tensor and both sides; InvalidValueError, DuplicateMemberError, MemberBackboneError
 */
export function collectModels(input: readonly ModelMember[], base: TensorReader, backbone?: string): ModelSet {
  const { members, expected } = sortMembers(input, backbone);
  if (Object.keys(base.tensors).length === 0)
    throw new InvalidValueError({ field: baseName, expected: 'at least one tensor', actual: 0 });
  for (const { name, model } of members) {
    for (const tensor of Object.keys({ ...base.tensors, ...model.tensors })) {
      const [firstHas, secondHas] = [base.tensors[tensor], model.tensors[tensor]].map(headerText);
      if (firstHas !== secondHas)
        throw new ModelMismatchError({
          tensor,
          first: baseName,
          firstHas: firstHas!,
          second: name,
          secondHas: secondHas!,
        });
    }
  }
  return {
    members,
    names: members.map(({ name }) => name),
    weights: members.map(({ weight = 1 }) => weight),
    backbone: expected,
    tensors: Object.keys(base.tensors).sort(compareNatural),
  };
}

const headerText = (header: TensorHeader | undefined): string =>
  header ? `${header.dtype} [${header.shape.join(', ')}]` : 'none';
