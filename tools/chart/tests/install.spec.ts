import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chartFolder } from '../src/index.ts';

/*
 * The chart, installed in a real cluster whose nodes have the project's image. What it leaves: nothing, but released volumes.
 */
const kubeconfig = process.env['MEDLEGO_E2E_KUBECONFIG'];
const image = process.env['MEDLEGO_E2E_IMAGE'];
const namespace = `medlego-e2e-${Date.now().toString(36)}`;
const minutes = 60_000;

const [, repository = '', tag = ''] = /^(.+):([^:/]+)$/u.exec(image ?? '') ?? [];
const values = {
  image: { repository, tag, pullPolicy: 'IfNotPresent' },
  auth: { enabled: false },
  services: { topologySpread: [], resources: { requests: { cpu: '20m', memory: '128Mi' }, limits: { memory: '1Gi' } } },
  gateway: { resources: { requests: { cpu: '20m', memory: '128Mi' }, limits: { memory: '1Gi' } } },
  nats: { topologySpread: [], jetstream: { size: '1Gi' }, resources: { requests: { cpu: '20m', memory: '32Mi' } } },
};

const run = async (program: string, ...args: string[]): Promise<string> =>
  (
    await promisify(execFile)(program, args, {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      maxBuffer: 64 * 1024 ** 2,
    })
  ).stdout;
const kubectl = (...args: string[]) => run('kubectl', '--namespace', namespace, ...args);
const helm = (...args: string[]) => run('helm', '--namespace', namespace, ...args);

/** Answers of a path of a pod's admin port, through the API server. */
async function ask(object: string, port: number, path: string): Promise<{ status: number; text: string }> {
  const child = spawn('kubectl', ['--namespace', namespace, 'port-forward', object, `:${port}`], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const local = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += String(chunk);
        const found = /127\.0\.0\.1:(\d+)/u.exec(said)?.[1];
        if (found) resolve(found);
      });
      child.on('close', () => reject(new Error(`port-forward of ${object} ended: ${said}`)));
    });
    const response = await fetch(`http://127.0.0.1:${local}${path}`);
    return { status: response.status, text: await response.text() };
  } finally {
    child.kill();
  }
}

describe.skipIf(!kubeconfig || !image)(
  kubeconfig && image
    ? 'an installation'
    : 'an installation (skipped: `npm run e2e:kube` runs it, with MEDLEGO_E2E_IMAGE, an image that the nodes have)',
  { timeout: 5 * minutes },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'medlego-e2e-'));
    const file = join(folder, 'values.yaml');

    beforeAll(async () => {
      writeFileSync(file, stringify(values));
      await run('kubectl', 'create', 'namespace', namespace);
      await run('kubectl', 'label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
    });
    afterAll(async () => {
      rmSync(folder, { recursive: true, force: true });
      await run('kubectl', 'delete', 'namespace', namespace, '--wait=false');
    }, 2 * minutes);

    it('is ready', async () => {
      const started = performance.now();
      await helm('install', 'm', chartFolder, '-f', file, '--wait', '--timeout', '4m').catch(async (error: Error) => {
        const logs = await kubectl(
          'logs',
          '-l',
          'app.kubernetes.io/instance=m',
          '--all-containers',
          '--tail=20',
          '--prefix',
        );
        throw new Error(`${error.message}\n${await kubectl('get', 'pods')}\n${logs}`);
      });
      console.log(`ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
      for (const service of ['trainer', 'merger', 'evaluator', 'gateway'])
        expect(await ask(`deployment/m-medlego-${service}`, 9464, '/readyz'), service).toMatchObject({ status: 200 });
    });

    it('passes its own test', async () => {
      expect(await helm('test', 'm', '--timeout', '2m')).toContain('Succeeded');
    });

    it('has its metrics, from each service', async () => {
      const { text } = await ask('deployment/m-medlego-trainer', 9464, '/metrics');
      expect(text).toMatch(/^medlego_broker_connected(?:\{.*\})? 1$/mu);
    });

    it('comes back by itself when the broker is evicted', async () => {
      const restarts = () =>
        kubectl(
          'get',
          'pods',
          '-l',
          'app.kubernetes.io/component!=nats',
          '-o',
          'jsonpath={.items[*].status.containerStatuses[*].restartCount}',
        );
      const before = await restarts();
      const uid = () => kubectl('get', 'pod', 'm-medlego-nats-0', '-o', 'jsonpath={.metadata.uid}').catch(() => '');
      const first = await uid();
      await kubectl('delete', 'pod', 'm-medlego-nats-0');
      await expect.poll(uid, { timeout: minutes }).not.toBe(first);
      await kubectl('wait', '--for=condition=Ready', 'pod/m-medlego-nats-0', '--timeout=120s');
      await kubectl('wait', '--for=condition=Available', 'deployment', '--all', '--timeout=120s');
      expect(await restarts()).toBe(before);
    });

    it('is upgraded, and keeps its data when it is uninstalled', async () => {
      await helm('upgrade', 'm', chartFolder, '-f', file, '--set', 'merger.replicas=2', '--wait', '--timeout', '4m');
      expect(await kubectl('get', 'deployment', 'm-medlego-merger', '-o', 'jsonpath={.status.readyReplicas}')).toBe(
        '2',
      );
      await helm('uninstall', 'm', '--wait');
      expect(await kubectl('get', 'pvc', '-o', 'name')).toContain('data-m-medlego-nats-0');
      expect(
        await kubectl(
          'get',
          'all,configmap,secret,networkpolicy,role',
          '-l',
          'app.kubernetes.io/instance=m',
          '-o',
          'name',
        ),
      ).toBe('');
    });
  },
);
