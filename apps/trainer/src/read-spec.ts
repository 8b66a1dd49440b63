import { parseRef } from '@medlego/artifacts';
import type { Run } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import type { Json } from '@medlego/registry';
import { z } from 'zod';
import { pinnedRefsOf } from './pin-spec.ts';

const specSchema = z.object({
  dataset: z.string().min(1),
  backbone: z.string().min(1),
  seed: z.int().min(0).default(0),
  settings: z.record(z.string(), z.string()).default({}),
});

/** What a training Job is asked for. */
export interface JobSpecification {
  /** Of the data set and of the backbone: digests, or for a run that was recorded without them the references. */
  readonly dataset: string;
  readonly backbone: string;
  /** What the backbone was called when the run was submitted; undefined where it was named by digest. */
  readonly backboneName: string | undefined;
  /** To store the specialist under. */
  readonly name: string;
  readonly seed: number;
  /** Text by name, as on the command line. */
  readonly settings: Readonly<Record<string, string>>;
}

/** @throws InvalidValueError for a run without a specification of training */
export function readSpec({ specJson, name, id }: Run): JobSpecification {
  let json: Json;
  try {
    json = JSON.parse(specJson) as Json;
  } catch (cause) {
    throw new InvalidValueError({ field: `${id}.spec`, expected: 'JSON', actual: specJson.slice(0, 100) }, { cause });
  }
  const parsed = specSchema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new InvalidValueError({
      field: [id, 'spec', ...path.map(String)].join('.'),
      expected: message,
      actual: specJson.slice(0, 200),
    });
  }
  return {
    ...parsed.data,
    ...pinnedRefsOf(json),
    backboneName: parseRef(parsed.data.backbone).name,
    name,
  };
}
