import type { z } from 'zod';

/** One kind of event: what it says, and what its data look like. */
export interface EventDefinition<Type extends string = string, Data extends z.ZodType = z.ZodType> {
  /** `<entity>.<event>`, the event in the past tense: `specialist.published`. */
  readonly type: Type;
  /** One sentence for the reference page. */
  readonly meaning: string;
  /** Whom it comes from. */
  readonly producer: string;
  /** What the id in the subject is, for the reference page. */
  readonly id: string;
  /** References and digests, never tensors or images. */
  readonly data: Data;
}

/** Keeps the literal type of `type`, so that `EventData<'specialist.published'>` is known. */
export const defineEvent = <const Type extends string, Data extends z.ZodType>(
  definition: EventDefinition<Type, Data>,
): EventDefinition<Type, Data> => definition;
