import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { currentTraceparent, inSpan } from '@medlego/telemetry';
import { startTelemetry } from '@medlego/telemetry/sdk';
import { startNode } from '@medlego/testing';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { expect, it, onTestFinished } from 'vitest';
import { openTrainingPlatform } from './testing/platform.ts';

const script = fileURLToPath(new URL('./testing/scripted-job.ts', import.meta.url));

/** Takes what is exported, as OpenTelemetry's collector does. */
async function startCollector() {
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') bodies.push(Buffer.concat(chunks));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

it('one trace leads from the call over the run and its Job to the published event', { timeout: 60_000 }, async () => {
  const telemetry = await startTelemetry({ service: 'test', env: {} });
  onTestFinished(() => telemetry.shutdown());
  const { url, bodies } = await startCollector();
  const platform = await openTrainingPlatform();
  const specialists = await storeTinySpecialists(join(platform.folder, 'store'), ['done']);
  const { digest } = await specialists.get('done', { kind: 'specialist' });
  await platform.trainer.close(); // the Job is started here

  let traceId = '';
  const spec = { dataset: 'blood', backbone: 'tiny' };
  const { run } = await inSpan({ name: 'a client' }, () => {
    traceId = currentTraceparent()!.split('-')[1]!;
    return platform.training.submitTraining({ requestId: 'traced', spec });
  });
  const recorded = await platform.registry.runs.get(run!.id);
  expect(recorded.traceparent?.split('-')[1]).toBe(traceId);

  const done = join(platform.folder, 'done');
  await writeFile(done, '');
  const { OTEL_SDK_DISABLED: _off, ...jobEnv } = platform.jobEnv() as Record<string, string>;
  const env = {
    ...{ ...jobEnv, MODE: 'work', DONE: done, ARTIFACT: digest },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: url, TRACEPARENT: recorded.traceparent! },
  };
  expect((await startNode([script, 'job', '--run', run!.id], { env }).ended).code).toBe(0);
  const sent = Buffer.concat(bodies);
  expect(sent.includes(Buffer.from(traceId, 'hex'))).toBe(true);
  expect(sent.includes('medlego-training-job')).toBe(true);
});
