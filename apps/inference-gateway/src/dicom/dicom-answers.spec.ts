import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dcmjs } from './dcmjs.ts';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dicomFile, greyElements, pattern, type DicomElement } from '@medlego/data/testing';
import { sharedFolder, suiteFolder } from '@medlego/testing';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { createGateway, type Gateway } from '../index.ts';
import { toMultipart } from '../http/multipart.ts';
import { deviceUid } from './uids.ts';

const shared = sharedFolder('data');
if (!shared) console.warn('SKIPPED: answers about real DICOM files. There is no folder ../shared/data/dicom.');
const folder = suiteFolder();
let gateway: Gateway;
let base: string;

const names = ['breast', 'knee'];
const identity: DicomElement[] = [
  ['00080016', 'UI', '1.2.840.10008.5.1.4.1.1.7'],
  ['00080018', 'UI', '1.2.3.4'],
  ['00080050', 'SH', 'A-17'],
  ['00100010', 'PN', 'Doe^Jane'],
  ['00100020', 'LO', 'P-1'],
  ['0020000D', 'UI', '1.2.3'],
  ['0020000E', 'UI', '1.2.3.1'],
];
const frames = Buffer.concat([pattern(12 * 10), new Uint8Array(12 * 10).fill(9)]);
const image = (extra: DicomElement[] = []) =>
  dicomFile(greyElements(12, 10, frames, { extra: [...identity, ['00280008', 'IS', '2'], ...extra] }));

beforeAll(async () => {
  const store = await storeTinySpecialists(join(folder, 'store'), names);
  gateway = await createGateway({ store, models: names, threads: 1 });
  base = `http://127.0.0.1:${gateway.http.port}`;
}, 60_000);
afterAll(() => gateway.close());

interface Prediction {
  readonly artifact: string;
  readonly overlay: string | null;
  readonly predictions: readonly { readonly task: string; readonly probabilities: Record<string, number> }[];
}
const post = (path: string, body: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(`${base}${path}`, { method: 'POST', body: new Uint8Array(body), headers });
const predict = async (body: Uint8Array, query = ''): Promise<Prediction> => {
  const response = await post(`/api/v1/models/knee/predict${query}`, body, { 'content-type': 'application/dicom' });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Prediction;
};
const values = ({ predictions }: Prediction) => Object.values(predictions[0]!.probabilities);
const naturalized = (bytes: ArrayBuffer): Record<string, unknown> => {
  const { DicomMessage, DicomMetaDictionary } = dcmjs.data;
  return DicomMetaDictionary.naturalizeDataset(DicomMessage.readFile(bytes).dict);
};

describe('a DICOM file as the body', () => {
  it('is answered frame by frame, as the same picture in PNG', async () => {
    const png = (from: number) =>
      sharp(frames.subarray(from, from + 120), { raw: { width: 10, height: 12, channels: 1 } })
        .png()
        .toBuffer();
    expect(values(await predict(image()))).toEqual(values(await predict(await png(0))));
    expect(values(await predict(image(), '?frame=1'))).toEqual(values(await predict(await png(120))));
    expect(values(await predict(image(), '?frame=1'))).not.toEqual(values(await predict(image())));
  });

  it('is answered over the inference protocol, frame and window by parameter', async () => {
    const ask = async (parameters: object) => {
      const input = { name: 'image', datatype: 'BYTES', shape: [1], data: [Buffer.from(image()).toString('base64')] };
      return post('/v2/models/knee/infer', Buffer.from(JSON.stringify({ inputs: [input], parameters })));
    };
    const answer = (await (await ask({ frame: 1 })).json()) as { outputs: { data: number[] }[] };
    expect(answer.outputs[0]!.data).toEqual(values(await predict(image(), '?frame=1')));
    const refused = await ask({ window: 3 });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('window 3');
  });

  it.each([
    ['?frame=2', 400, 'a frame from 0 to 1'],
    ['?frame=-1', 400, 'parameters.frame'],
    ['?window=x', 400, 'parameters.window'],
    ['?explain=gradients', 400, 'rollout or attention'],
    ['?format=pdf', 400, 'json or dicom-sr'],
  ])('is refused with a sentence: %s', async (query, status, words) => {
    const response = await post(`/api/v1/models/knee/predict${query}`, image());
    expect(response.status).toBe(status);
    expect(((await response.json()) as { error: string }).error).toContain(words);
  });

  it('answers 415 and names the transfer syntax that cannot be decoded', async () => {
    const video = dicomFile(greyElements(12, 10, frames), '1.2.840.10008.1.2.4.102');
    const response = await post('/api/v1/models/knee/predict', video);
    expect(response.status).toBe(415);
    expect(await response.text()).toContain('1.2.840.10008.1.2.4.102');
  });

  it.skipIf(!shared).each(['MR_small_RLE', 'MR_small_jp2klossless', 'SC_rgb_jpeg_gdcm', 'cr_chest_jpeg_baseline'])(
    'is decoded whatever compressed it: %s',
    async (name) => {
      const probabilities = values(await predict(await readFile(join(shared!, `dicom/${name}.dcm`))));
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    },
  );
});

describe('an explanation', () => {
  it.each(['rollout', 'attention'])('by %s is drawn over the image as the backbone got it', async (method) => {
    const { overlay } = await predict(image(), `?explain=${method}`);
    const [head, data] = overlay!.split(',');
    expect(head).toBe('data:image/png;base64');
    const { data: pixels, info } = await sharp(Buffer.from(data!, 'base64'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([448, 448, 3]);
    expect(pixels.some((value, i) => i % 3 === 0 && value > pixels[i + 2]! + 30)).toBe(true); // warm on grey
  });

  it('is not made unless asked for, and leaves the answer as it is', async () => {
    const plain = await predict(image());
    expect(plain.overlay).toBeNull();
    expect(values(await predict(image(), '?explain=rollout'))).toEqual(values(plain));
  });
});

describe('a DICOM SR', () => {
  it('belongs to the study, names the algorithm by its digest, and holds every probability', async () => {
    const { artifact, predictions } = await predict(image(), '?frame=1');
    const response = await post('/api/v1/models/knee/predict?frame=1', image(), { accept: 'application/dicom' });
    expect(response.headers.get('content-type')).toBe('application/dicom');
    const report = naturalized(await response.arrayBuffer());
    expect(report).toMatchObject({
      Modality: 'SR',
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.33',
      StudyInstanceUID: '1.2.3',
      PatientID: 'P-1',
      AccessionNumber: 'A-17',
      CompletionFlag: 'PARTIAL',
      VerificationFlag: 'UNVERIFIED',
    });
    expect(report['DeviceUID']).toBe(deviceUid(artifact));
    expect(report['DeviceUID']).toMatch(/^2\.25\.\d{1,39}$/);
    const found = JSON.stringify(report['ContentSequence']);
    expect(found).toContain(artifact);
    expect(found).toContain('"ReferencedFrameNumber":2');
    const numbers = [...found.matchAll(/"NumericValue":([0-9.e-]+)/g)].map(([, value]) => Number(value));
    Object.values(predictions[0]!.probabilities).forEach((value, i) => expect(numbers[i]).toBeCloseTo(value, 6));
  });

  it('keeps the device for a version, and is another instance every time', async () => {
    const ask = async () =>
      naturalized(await (await post('/api/v1/models/knee/predict?format=dicom-sr', image())).arrayBuffer());
    const [one, other] = [await ask(), await ask()];
    expect(one['DeviceUID']).toBe(other['DeviceUID']);
    expect(one['SOPInstanceUID']).not.toBe(other['SOPInstanceUID']);
    expect(one['DeviceUID']).not.toBe(deviceUid(gateway.models.current('breast').artifact.digest));
  });

  it('is refused about what is not DICOM, or has no study', async () => {
    const png = await sharp(frames, { raw: { width: 10, height: 24, channels: 1 } })
      .png()
      .toBuffer();
    const nameless = dicomFile(greyElements(12, 10, frames));
    for (const [body, words] of [
      [png, 'a DICOM file'],
      [nameless, 'StudyInstanceUID'],
    ] as const) {
      const response = await post('/api/v1/models/knee/predict?format=dicom-sr', body);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain(words);
    }
  });
});

describe('images as STOW-RS sends them', () => {
  const send = (files: readonly Uint8Array[], accept = 'application/json') =>
    post('/dicom-web/models/knee/studies', toMultipart(files, 'xyz'), {
      'content-type': 'multipart/related; type="application/dicom"; boundary=xyz',
      accept,
    });
  const broken = image().subarray(0, 300);

  it('are answered one by one', async () => {
    const response = await send([image(), image(), broken]);
    expect(response.status).toBe(202);
    const { instances } = (await response.json()) as {
      instances: (Prediction & { sopInstance: string; error: string | null })[];
    };
    expect(instances.map(({ error }) => error === null)).toEqual([true, true, false]);
    expect(values(instances[1]!)).toEqual(values(await predict(image())));
    expect(instances[0]).toMatchObject({
      sopInstance: '1.2.3.4',
      artifact: gateway.models.current('knee').artifact.digest,
    });
  });

  it('are told of in the DICOM JSON model', async () => {
    const response = await send([image(), broken], 'application/dicom+json');
    expect(response.headers.get('content-type')).toContain('application/dicom+json');
    expect(await response.json()).toMatchObject({
      '00081199': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: ['1.2.3.4'] } }] },
      '00081198': { vr: 'SQ', Value: [{ '00081197': { vr: 'US', Value: [0xc000] } }] },
    });
    expect((await send([broken], 'application/dicom+json')).status).toBe(409);
  });

  it('are found between boundaries as long as Orthanc makes them', async () => {
    const boundary = `${'77da26b3-fd47-4f8f-a3da-fa290c099f90-'.repeat(2)}x`;
    const response = await post('/dicom-web/models/knee/studies', toMultipart([image(), image()], boundary), {
      'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
    });
    expect(((await response.json()) as { instances: unknown[] }).instances).toHaveLength(2);
  });

  it('are answered by reports', async () => {
    const response = await send([image(), image()], 'multipart/related; type="application/dicom"');
    const [, boundary] = /boundary=(.+)$/.exec(response.headers.get('content-type')!)!;
    const body = Buffer.from(await response.arrayBuffer());
    const starts = body.toString('latin1').split(`--${boundary}`).length - 2;
    expect(starts).toBe(2);
    const first = body.subarray(body.indexOf('\r\n\r\n') + 4, body.indexOf(`\r\n--${boundary}`, 10));
    expect(naturalized(new Uint8Array(first).buffer)).toMatchObject({ Modality: 'SR' });
  });

  it.each([
    ['application/dicom', Buffer.from('x'), 'multipart/related'],
    ['multipart/related; boundary=xyz', Buffer.from('--xyz\r\n\r\nx'), 'closing boundary'],
    ['multipart/related; boundary=xyz', Buffer.from('--xyz--'), 'one DICOM file or more'],
  ])('are refused as %s where the body is not', async (contentType, body, words) => {
    const response = await post('/dicom-web/models/knee/studies', body, { 'content-type': contentType });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(words);
  });
});
