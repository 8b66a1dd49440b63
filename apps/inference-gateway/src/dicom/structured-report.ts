import { dcmjs } from './dcmjs.ts';
import type { InferAnswer } from '../inputs/infer.ts';
import type { PictureOptions } from '../inputs/request-options.ts';
import { serverMetadata } from '../metadata.ts';
import {
  code,
  container,
  dcm,
  image,
  ratio,
  text,
  uidReference,
  type ContentItem,
  type ImageReference,
} from './content-items.ts';
import { readSource, type SourceAttributes } from './read-source.ts';
import { deviceUid, newUid, uidOf } from './uids.ts';

export interface ReportInput {
  /** The DICOM file that was asked about, borrowed. */
  readonly file: Uint8Array;
  /** Name that the model is served under. */
  readonly model: string;
  readonly answer: InferAnswer;
  readonly picture: PictureOptions;
  readonly now?: Date;
}

const manufacturer = 'Med-LEGO';
const comprehensiveSr = '1.2.840.10008.5.1.4.1.1.88.33';
const explicitLittle = '1.2.840.10008.1.2.1';
/** Of our own codes: task and label names. */
const ownScheme = '99MEDLEGO';

/** Attributes of patient and study, which a report has from its image. */
const taken = [
  ...['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex', 'PatientAge'],
  ...[
    'StudyInstanceUID',
    'StudyDate',
    'StudyTime',
    'StudyID',
    'StudyDescription',
    'AccessionNumber',
    'ReferringPhysicianName',
  ],
];
/** These have to be there, empty if nothing is known. */
const empty = [
  'PatientName',
  'PatientID',
  'PatientBirthDate',
  'PatientSex',
  'StudyDate',
  'StudyTime',
  'StudyID',
  'AccessionNumber',
  'ReferringPhysicianName',
];

/**
 * The answer as a DICOM SR that can lie beside the image: Comprehensive SR by template 1500, a measurement group per task with the probability of
 * each label, the artifact's digest as the algorithm's version. It belongs to the image's study and is neither complete nor verified by anyone.
 *
 * @returns a Part 10 file, explicit little-endian, UTF-8
 * @throws InvalidValueError for an image that is not DICOM, or lacks its UIDs
 * Source: DICOM PS3.16, TID 1500, 1501, 1004, 4019; PS3.3, A.35.3.
 */
export function structuredReport(input: ReportInput): Uint8Array {
  const { answer, model, now = new Date() } = input;
  const source = readSource(input.file);
  const { digest } = answer.version.artifact;
  const [date, time] = [
    now.toISOString().slice(0, 10).replaceAll('-', ''),
    now.toISOString().slice(11, 19).replaceAll(':', ''),
  ];
  const uid = newUid();
  const dataset = {
    ...Object.fromEntries(empty.map((name) => [name, ''])),
    ...Object.fromEntries(taken.flatMap((name) => (source[name] === undefined ? [] : [[name, source[name]]]))),
    SpecificCharacterSet: 'ISO_IR 192',
    TimezoneOffsetFromUTC: '+0000',
    SOPClassUID: comprehensiveSr,
    SOPInstanceUID: uid,
    Modality: 'SR',
    SeriesInstanceUID: newUid(),
    SeriesNumber: '1',
    SeriesDescription: `${manufacturer} ${model}`.slice(0, 64),
    InstanceNumber: '1',
    Manufacturer: manufacturer,
    ManufacturerModelName: model.slice(0, 64),
    SoftwareVersions: serverMetadata.version,
    DeviceUID: deviceUid(digest),
    ContentDate: date,
    ContentTime: time,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    CompletionFlag: 'PARTIAL',
    VerificationFlag: 'UNVERIFIED',
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    CurrentRequestedProcedureEvidenceSequence: evidence(source),
    ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: '1500' }],
    ...rootOf(input, source),
  };
  return toPart10(dataset, uid);
}

function rootOf({ answer, model, picture }: ReportInput, source: SourceAttributes): ContentItem {
  const { version, outputs } = answer;
  const { digest } = version.artifact;
  const frame = Number(source['NumberOfFrames'] ?? 1) > 1 ? (picture.frame ?? 0) + 1 : undefined;
  const of: ImageReference = { sopClass: source.SOPClassUID, sopInstance: source.SOPInstanceUID, frame };
  const { RelationshipType: _none, ...root } = container('CONTAINS', dcm('126000', 'Imaging Measurement Report'), [
    code('HAS CONCEPT MOD', dcm('121049', 'Language of Content Item and Descendants'), ['en', 'RFC5646', 'English']),
    code('HAS OBS CONTEXT', dcm('121005', 'Observer Type'), dcm('121007', 'Device')),
    uidReference('HAS OBS CONTEXT', dcm('121012', 'Device Observer UID'), deviceUid(digest)),
    text('HAS OBS CONTEXT', dcm('121013', 'Device Observer Name'), model),
    text('HAS OBS CONTEXT', dcm('121014', 'Device Observer Manufacturer'), manufacturer),
    text('HAS OBS CONTEXT', dcm('121015', 'Device Observer Model Name'), version.backbone.name),
    code('HAS CONCEPT MOD', dcm('121058', 'Procedure reported'), ['363679005', 'SCT', 'Imaging procedure']),
    container('CONTAINS', dcm('111028', 'Image Library'), [
      container('CONTAINS', dcm('126200', 'Image Library Group'), [image('CONTAINS', of)]),
    ]),
    container(
      'CONTAINS',
      dcm('126010', 'Imaging Measurements'),
      outputs.map(({ name, data }) => groupOf({ task: name, data, model, digest, of, answer })),
    ),
  ]);
  return root;
}

interface TaskAnswer {
  readonly task: string;
  readonly data: Float32Array;
  readonly model: string;
  readonly digest: string;
  readonly of: ImageReference;
  readonly answer: InferAnswer;
}

/** TID 1501: one task, with the algorithm by TID 4019. */
function groupOf({ task, data, model, digest, of, answer }: TaskAnswer): ContentItem {
  const { labels } = answer.version.heads.find((head) => head.task.name === task)!.task;
  return container('CONTAINS', dcm('125007', 'Measurement Group'), [
    text('HAS OBS CONTEXT', dcm('112039', 'Tracking Identifier'), task),
    uidReference(
      'HAS OBS CONTEXT',
      dcm('112040', 'Tracking Unique Identifier'),
      uidOf(`${of.sopInstance} ${of.frame ?? ''} ${digest} ${task}`),
    ),
    text('HAS CONCEPT MOD', dcm('111001', 'Algorithm Name'), `${manufacturer} ${model}`),
    text('HAS CONCEPT MOD', dcm('111003', 'Algorithm Version'), digest),
    ...labels.map((label, i) =>
      ratio('CONTAINS', [codeValue(task, i), ownScheme, `Probability of ${label} (${task})`], data[i]!, [
        image('INFERRED FROM', of),
      ]),
    ),
  ]);
}

/** At most 16 characters, and the same for the same label of the same task. */
const codeValue = (task: string, label: number): string => `${uidOf(task).slice(5, 15)}-${label}`;

const evidence = (source: SourceAttributes) => [
  {
    StudyInstanceUID: source.StudyInstanceUID,
    ReferencedSeriesSequence: [
      {
        SeriesInstanceUID: source['SeriesInstanceUID'] ?? uidOf(source.SOPInstanceUID),
        ReferencedSOPSequence: [
          { ReferencedSOPClassUID: source.SOPClassUID, ReferencedSOPInstanceUID: source.SOPInstanceUID },
        ],
      },
    ],
  },
];

function toPart10(dataset: Record<string, unknown>, uid: string): Uint8Array {
  const { DicomDict, DicomMetaDictionary } = dcmjs.data;
  const file = new DicomDict(
    DicomMetaDictionary.denaturalizeDataset({
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: comprehensiveSr,
      MediaStorageSOPInstanceUID: uid,
      TransferSyntaxUID: explicitLittle,
      ImplementationClassUID: uidOf('medlego implementation'),
      ImplementationVersionName: 'MEDLEGO_0_1',
    }),
  );
  file.dict = DicomMetaDictionary.denaturalizeDataset(dataset);
  return new Uint8Array(file.write());
}
