import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { currentTraceparent, inSpan } from '@medlego/telemetry';
import { startTelemetry } from '@medlego/telemetry/sdk';
import { sharedFolder, suiteFolder } from '@medlego/testing';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { expect, it, onTestFinished } from 'vitest';
import { dicomFile, greyElements } from '@medlego/data/testing';
import { createGateway } from '../src/index.ts';
import { inferBody, openModels } from './clients.ts';

const folder = suiteFolder();
const patient = 'Doe^Jane^SECRET';

async function start() {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  const telemetry = await startTelemetry({ service: 'test', env: {}, spanProcessors });
  const notes: string[] = [];
  const auditLog = new Writable({ write: (chunk: Buffer, _, done) => (notes.push(chunk.toString()), done()) });
  const gateway = await createGateway({
    ...{ store: await openModels(folder), models: ['blood'], threads: 1, auditLog },
    processMetrics: () => telemetry.metricsText(),
  });
  onTestFinished(async () => {
    await gateway.close();
    await telemetry.shutdown();
  });
  const base = `http://127.0.0.1:${gateway.http.port}`;
  const everything = async () =>
    JSON.stringify(exporter.getFinishedSpans().map(({ name, attributes, events }) => ({ name, attributes, events }))) +
    notes.join('') +
    (await (await fetch(`${base}/metrics`)).text());
  return { base, exporter, everything };
}

it('an answer is part of the trace of whoever asks', async () => {
  const { base, exporter } = await start();
  let traceparent = '';
  await inSpan({ name: 'client' }, async () => {
    traceparent = currentTraceparent()!;
    const headers = { traceparent };
    const answer = await fetch(`${base}/v2/models/blood/infer`, { method: 'POST', headers, body: await inferBody() });
    expect(answer.status).toBe(200);
  });
  const span = exporter.getFinishedSpans().find(({ name }) => name === 'infer')!;
  expect(span.spanContext().traceId).toBe(traceparent.split('-')[1]);
  expect(span.attributes).toEqual({ 'medlego.model': 'blood' });
});

it('nothing of a patient leaves by spans, metrics or the audit log', { timeout: 120_000 }, async () => {
  const elements = greyElements(8, 8, new Uint8Array(64).fill(90), { extra: [['00100010', 'PN', patient]] });
  const own = dicomFile(elements);
  expect(secretsOf(own)).toContain(patient); // or this test looks for nothing
  const shared = sharedFolder('data/dicom');
  const others = shared ? readdirSync(shared).filter((file) => file.endsWith('.dcm')) : [];
  const files = [own, ...others.map((file) => readFileSync(join(shared!, file)))];

  const { base, everything } = await start();
  for (const body of files) {
    const headers = { 'content-type': 'application/dicom' };
    const asked = await fetch(`${base}/api/v1/models/blood/predict`, { method: 'POST', headers, body });
    expect([200, 400, 415]).toContain(asked.status);
  }
  const told = await everything();
  expect(told).toContain('"infer"');
  for (const secret of files.flatMap(secretsOf)) expect(told).not.toContain(secret);
});

/** Values of text elements of the groups about patient and study, found by their tags in explicit little endian. */
function secretsOf(bytes: Uint8Array): string[] {
  const view = Buffer.from(bytes);
  const found: string[] = [];
  for (let at = 132; at + 8 < Math.min(view.length, 20_000); at++) {
    const isPatient = view.readUInt16LE(at) === 0x0010 || view.readUInt16LE(at) === 0x0008;
    const kind = view.toString('latin1', at + 4, at + 6);
    if (!isPatient || !['PN', 'LO', 'SH', 'DA'].includes(kind)) continue;
    const text = view.toString('latin1', at + 8, at + 8 + view.readUInt16LE(at + 6)).replace(/[\0 ]+$/, '');
    if (/^[\x20-\x7e]{6,64}$/.test(text)) found.push(text);
  }
  return found;
}
