/** Items of an SR's content tree, as dcmjs takes them. Source: DICOM PS3.3, C.17.3. */
export type ContentItem = Readonly<Record<string, unknown>>;

export type Relationship = 'CONTAINS' | 'HAS OBS CONTEXT' | 'HAS CONCEPT MOD' | 'INFERRED FROM';

/** Value, scheme and meaning of a code. */
export type Code = readonly [value: string, scheme: string, meaning: string];

export const dcm = (value: string, meaning: string): Code => [value, 'DCM', meaning];

const coded = ([CodeValue, CodingSchemeDesignator, meaning]: Code) => [
  { CodeValue, CodingSchemeDesignator, CodeMeaning: meaning.slice(0, 64) },
];

const item = (RelationshipType: Relationship, ValueType: string, concept: Code, value: ContentItem): ContentItem => ({
  RelationshipType,
  ValueType,
  ConceptNameCodeSequence: coded(concept),
  ...value,
});

export const text = (relation: Relationship, concept: Code, TextValue: string): ContentItem =>
  item(relation, 'TEXT', concept, { TextValue });

export const uidReference = (relation: Relationship, concept: Code, UID: string): ContentItem =>
  item(relation, 'UIDREF', concept, { UID });

export const code = (relation: Relationship, concept: Code, value: Code): ContentItem =>
  item(relation, 'CODE', concept, { ConceptCodeSequence: coded(value) });

/** A number without a unit, from 0 to 1, in the sixteen characters that DICOM gives it. */
export const ratio = (
  relation: Relationship,
  concept: Code,
  value: number,
  items: readonly ContentItem[],
): ContentItem =>
  item(relation, 'NUM', concept, {
    MeasuredValueSequence: [
      { NumericValue: value.toPrecision(7), MeasurementUnitsCodeSequence: coded(['1', 'UCUM', 'no units']) },
    ],
    ContentSequence: items,
  });

export const container = (relation: Relationship, concept: Code, items: readonly ContentItem[]): ContentItem =>
  item(relation, 'CONTAINER', concept, { ContinuityOfContent: 'SEPARATE', ContentSequence: items });

export interface ImageReference {
  readonly sopClass: string;
  readonly sopInstance: string;
  /** From 1; of images with several frames. */
  readonly frame?: number;
}

/** An image; without a concept, as the image library has it. */
export const image = (relation: Relationship, { sopClass, sopInstance, frame }: ImageReference): ContentItem => ({
  RelationshipType: relation,
  ValueType: 'IMAGE',
  ReferencedSOPSequence: [
    {
      ReferencedSOPClassUID: sopClass,
      ReferencedSOPInstanceUID: sopInstance,
      ...(frame !== undefined && { ReferencedFrameNumber: String(frame) }),
    },
  ],
});
