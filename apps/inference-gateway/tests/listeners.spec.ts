import { copyFileSync, readFileSync } from 'node:fs';
import { get as httpsGet } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactStore } from '@medlego/artifacts';
import { openAccess } from '@medlego/access';
import { suiteFolder, testCertificate, type TestCertificate } from '@medlego/testing';
import { createGateway } from '../src/index.ts';
import { bearer, grpcCall, HealthClient, inferBody, openModels } from './clients.ts';

const folder = suiteFolder();
let store: ArtifactStore;
let own: TestCertificate;
let client: TestCertificate;

beforeAll(async () => {
  store = await openModels(folder);
  own = await testCertificate(folder, 'server');
  client = await testCertificate(folder, 'client');
}, 60_000);

describe('an admin listener', () => {
  it('has probes, metrics and changes, and the public ports have them no longer', async () => {
    const gateway = await createGateway({ store, models: ['blood'], threads: 1, adminToken: 'secret', adminPort: 0 });
    try {
      const admin = `http://127.0.0.1:${gateway.admin!.port}`;
      const open = `http://127.0.0.1:${gateway.http.port}`;
      for (const path of ['/livez', '/readyz', '/metrics']) expect((await fetch(admin + path)).status).toBe(200);
      expect(await (await fetch(`${admin}/metrics`)).text()).toContain('nv_inference_count{model="blood"');
      expect((await fetch(`${open}/metrics`)).status).toBe(404);
      const load = (base: string, token?: string) =>
        fetch(`${base}/v2/repository/models/blood/load`, { method: 'POST', headers: bearer(token) });
      expect((await load(open, 'secret')).status).toBe(404);
      expect((await load(admin)).status).toBe(401);
      expect((await load(admin, 'secret')).status).toBe(200);
      expect((await fetch(`${admin}/v2/models/blood/infer`, { method: 'POST' })).status).toBe(404);
      await expect(
        grpcCall(gateway.grpc.port, 'RepositoryModelLoad', { model_name: 'blood' }, { token: 'secret' }),
      ).rejects.toMatchObject({ code: 12 });
      expect(await (await fetch(`${open}/api/v1/server`)).json()).toMatchObject({ features: { promotion: false } });
    } finally {
      await gateway.close();
    }
  });

  it('says not ready, as REST and gRPC do, while the server still answers before it closes', async () => {
    const gateway = await createGateway({ store, models: ['blood'], threads: 1, announceMs: 60_000, adminPort: 0 });
    const open = `http://127.0.0.1:${gateway.http.port}`;
    const { port } = gateway.grpc;
    const health = () => grpcCall(port, 'Check', { service: '' }, { client: HealthClient });
    await expect.poll(health).toMatchObject({ status: 1 });
    expect(await grpcCall(port, 'ServerReady', {})).toEqual({ ready: true });

    const closed = gateway.close();
    const admin = `http://127.0.0.1:${gateway.admin!.port}`;
    const ready = await fetch(`${admin}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { error: 'shutting down' }]);
    expect((await fetch(`${admin}/livez`)).status).toBe(200);
    expect((await fetch(`${open}/v2/health/ready`)).status).toBe(503);
    expect((await fetch(`${open}/v2/health/live`)).status).toBe(200);
    expect(await grpcCall(port, 'ServerLive', {})).toEqual({ live: true });
    expect(await grpcCall(port, 'ServerReady', {})).toEqual({ ready: false });
    await expect.poll(health).toMatchObject({ status: 2 });
    const infer = { method: 'POST', body: await inferBody() };
    expect((await fetch(`${open}/v2/models/blood/infer`, infer)).status).toBe(200);

    await gateway.close(0);
    await closed;
    await expect(fetch(`${open}/v2/health/live`)).rejects.toThrow();
    await expect(fetch(`${admin}/livez`)).rejects.toThrow();
  });
});

describe('an encrypted server', () => {
  const status = (url: string, options: object) =>
    new Promise<number | undefined>((resolve, reject) => {
      httpsGet(url, options, (response) => resolve(response.resume().statusCode)).on('error', reject);
    });

  it('speaks TLS on REST and gRPC, and not in the clear', async () => {
    const gateway = await createGateway({ store, models: [], threads: 1, tls: own, adminPort: 0 });
    try {
      const ca = readFileSync(own.cert);
      const { http, admin, grpc } = gateway;
      expect(await status(`https://localhost:${http.port}/v2/health/live`, { ca })).toBe(200);
      expect((await fetch(`http://127.0.0.1:${admin!.port}/livez`)).status).toBe(200); // probes have no certificates
      await expect(status(`https://localhost:${http.port}/v2`, {})).rejects.toThrow(/self.signed/);
      await expect(fetch(`http://localhost:${http.port}/v2/health/live`)).rejects.toThrow();
      const channel = credentials.createSsl(ca);
      expect(await grpcCall(grpc.port, 'ServerLive', {}, { channel })).toEqual({ live: true });
      await expect(grpcCall(grpc.port, 'ServerLive', {})).rejects.toMatchObject({ code: 14 });
    } finally {
      await gateway.close();
    }
  });

  it('asks for certificates of an authority', async () => {
    const tls = { ...own, ca: client.cert };
    const gateway = await createGateway({ store, models: [], threads: 1, tls });
    try {
      const ca = readFileSync(own.cert);
      const mine = { cert: readFileSync(client.cert), key: readFileSync(client.key) };
      const url = `https://localhost:${gateway.http.port}/v2/health/live`;
      await expect(status(url, { ca })).rejects.toThrow();
      expect(await status(url, { ca, ...mine })).toBe(200);
      const withMine = credentials.createSsl(ca, mine.key, mine.cert);
      expect(await grpcCall(gateway.grpc.port, 'ServerLive', {}, { channel: withMine })).toEqual({ live: true });
      await expect(
        grpcCall(gateway.grpc.port, 'ServerLive', {}, { channel: credentials.createSsl(ca) }),
      ).rejects.toMatchObject({ code: 14 });
    } finally {
      await gateway.close();
    }
  });

  it('takes up a certificate that was renewed', async () => {
    const files = { cert: join(folder, 'live.pem'), key: join(folder, 'live-key.pem') };
    const put = (from: TestCertificate) => {
      copyFileSync(from.cert, files.cert);
      copyFileSync(from.key, files.key);
    };
    put(own);
    const tls = { ...files, reloadEveryMs: 20 };
    const gateway = await createGateway({ store, models: [], threads: 1, tls });
    const presented = () =>
      new Promise<string | undefined>((resolve, reject) => {
        const socket = connect({ port: gateway.http.port, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().subject.CN?.toString());
          socket.destroy();
        }).on('error', reject);
      });
    try {
      expect(await presented()).toBe('server');
      put(client);
      await expect.poll(presented, { timeout: 10_000 }).toBe('client');
    } finally {
      await gateway.close();
    }
  });

  it('does not start with a key of another certificate', async () => {
    const tls = { cert: own.cert, key: client.key };
    await expect(createGateway({ store, models: [], tls })).rejects.toThrow('tls: expected');
    await expect(
      createGateway({ store, models: [], tls: { ...own, key: join(folder, 'none') } }),
    ).rejects.toMatchObject({ code: 'file_not_found' });
  });
});

describe('other machines', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1', 'gateway.example'])('are not let in at %s by an oversight', async (host) => {
    await expect(createGateway({ store, models: [], host })).rejects.toMatchObject({
      code: 'invalid_value',
      facts: { field: 'host', actual: host },
    });
  });

  it.each([{ insecure: true }, { authenticator: openAccess }])('are let in with %j', async (options) => {
    const gateway = await createGateway({ store, models: [], threads: 1, host: '0.0.0.0', ...options });
    expect((await fetch(`http://127.0.0.1:${gateway.http.port}/v2`)).status).toBe(200);
    await gateway.close();
  });
});
