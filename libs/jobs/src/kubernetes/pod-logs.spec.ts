import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { KubeConfig, Log, type V1Pod } from '@kubernetes/client-node';
import { suiteFolder, testCertificate } from '@medlego/testing';
import { expect, it, onTestFinished } from 'vitest';
import type { KeptLog } from '../log-archive.ts';
import { readPodLogs } from './pod-logs.ts';

const folder = suiteFolder();
const pod: V1Pod = { metadata: { name: 'a-0' }, status: { phase: 'Running' } };

/** Logs of one pod, from a real server that answers as the test says. */
async function logsFrom(answer: (response: ServerResponse) => void, signal?: AbortSignal, kept?: readonly KeptLog[]) {
  const { cert, key } = await testCertificate(folder);
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'test', server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    { name: 'nobody' },
  );
  return readPodLogs({
    log: new Log(kubeConfig),
    namespace: 'jobs',
    pods: () => [pod],
    kept: () => Promise.resolve(kept ?? []),
    hasEnded: () => kept !== undefined,
    options: { follow: true, signal },
  });
}

const talking = (response: ServerResponse): void => void response.write('one\ntwo\n');

it('can be left while the pod still talks', async () => {
  const closed = Promise.withResolvers<void>();
  const logs = await logsFrom((response) => talking(response.on('close', closed.resolve)));
  for await (const { text } of logs) if (text === 'two') break;
  await closed.promise; // an error that nobody listened to is reported by now
});

it('ends when it is told to, before and while it reads', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { text } of await logsFrom(talking, stop.signal)) {
    seen.push(text);
    stop.abort();
  }
  expect(seen).toEqual(['one']);
  for await (const line of await logsFrom(talking, stop.signal)) expect.fail(line.text);
});

it('says that the connection broke after what was read, so that the reader can go on from there', async () => {
  const seen: string[] = [];
  const read = async () => {
    const logs = await logsFrom((response) => {
      response.write('one\ntwo\n', () => setImmediate(() => response.destroy()));
    });
    for await (const { text } of logs) seen.push(text);
  };
  await expect(read()).rejects.toMatchObject({ code: 'cluster_unavailable' });
  expect(seen).toEqual(['one', 'two']);
});

it('gives what was kept of pods that are gone before what the others say, numbered as one', async () => {
  const kept = [{ pod: 'a-gone', createdAt: '', dropped: 3, lines: ['four', 'five'] }];
  const seen: unknown[] = [];
  const logs = await logsFrom((response) => response.end('six\n'), undefined, kept);
  for await (const line of logs) seen.push(line);
  expect(seen).toEqual([
    { line: 4, text: 'four' },
    { line: 5, text: 'five' },
    { line: 6, text: 'six' },
  ]);
});

it('gives what was kept of a pod that was removed while it was to be read', async () => {
  const kept = [{ pod: 'a-0', createdAt: '', dropped: 0, lines: ['one'] }];
  const seen: unknown[] = [];
  const logs = await logsFrom((response) => response.writeHead(404).end('{}'), undefined, kept);
  for await (const line of logs) seen.push(line);
  expect(seen).toEqual([{ line: 1, text: 'one' }]);
});
