import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunState } from '@medlego/contracts/rpc';
import { workspaceRoot } from '@medlego/testing';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPod } from './installation/load-pod.ts';
import { isOver, runWhen, submitTraining, writeTask } from './installation/platform.ts';
import { offerGpus, openRelease, smallValues } from './installation/release.ts';

/*
 * The chart, installed in a real cluster whose nodes have the project's image. What it leaves: the definition of Generalist, released volumes,
 * and GPUs that a node without any says it has.
 */
const kubeconfig = process.env['MEDLEGO_E2E_KUBECONFIG'];
const image = process.env['MEDLEGO_E2E_IMAGE'];
const minutes = 60_000;
const patience = { timeout: 4 * minutes, interval: 500 };
const tasks = ['one', 'two', 'three'];

describe.skipIf(!kubeconfig || !image)(
  kubeconfig && image
    ? 'an installation'
    : 'an installation (skipped: `npm run e2e:kube` runs it, with MEDLEGO_E2E_IMAGE, an image that the nodes have)',
  { timeout: 6 * minutes },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'medlego-e2e-'));
    const file = join(folder, 'values.yaml');
    const release = openRelease(kubeconfig ?? '', `medlego-e2e-${Date.now().toString(36)}`);
    const { namespace, kubectl, helm, forward } = release;
    const onTrainer = <T>(use: (address: string) => Promise<T>) => forward('service/m-medlego-trainer', 7070, use);
    const times: string[] = [];
    const timed = async <T>(what: string, work: Promise<T>): Promise<T> => {
      const started = performance.now();
      const result = await work;
      times.push(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      return result;
    };

    beforeAll(async () => {
      writeFileSync(file, stringify(smallValues(image!)));
      await kubectl('create', 'namespace', namespace);
      await kubectl('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
      await offerGpus(release);
    });
    afterAll(async () => {
      console.log(times.join('\n'));
      rmSync(folder, { recursive: true, force: true });
      await kubectl('delete', 'namespace', namespace, '--wait=false');
    }, 2 * minutes);

    it('is ready', async () => {
      await timed('installed, ready', release.apply('install', '-f', file));
      for (const service of ['trainer', 'merger', 'evaluator', 'gateway']) {
        const ready = (address: string) => fetch(`http://${address}/readyz`);
        expect((await forward(`deployment/m-medlego-${service}`, 9464, ready)).status, service).toBe(200);
      }
    });

    it('passes its own test', async () => {
      expect(await helm('test', 'm', '--timeout', '2m')).toContain('Succeeded');
    });

    it('has its metrics, from each service', async () => {
      const read = async (address: string) => (await fetch(`http://${address}/metrics`)).text();
      const text = await forward('deployment/m-medlego-trainer', 9464, read);
      expect(text).toMatch(/^medlego_broker_connected(?:\{.*\})? 1$/mu);
    });

    it('merges specialists that Jobs trained into the generalist that was applied, and serves it', async () => {
      const generalist = join(folder, 'generalist.yaml');
      const spec = { tasks, recipe: { method: 'med-lego' }, promote: 'Automatic' };
      const resource = {
        apiVersion: 'medlego.dev/v1alpha1',
        kind: 'Generalist',
        metadata: { name: 'screening' },
        spec,
      };
      writeFileSync(generalist, stringify(resource));
      await kubectl('apply', '-f', generalist);
      const files = tasks.map((task, seed) => writeTask(folder, task, seed + 1));
      const train = onTrainer(async (address) => {
        const ids = await submitTraining(address, join(folder, 'client'), '--task', files.join(','), '--epochs', '1');
        const runs = await Promise.all(ids.map((id) => runWhen(address, id, isOver)));
        expect(runs.map(({ state, error }) => error?.message ?? state)).toEqual(
          tasks.map(() => RunState.RUN_STATE_SUCCEEDED),
        );
      });
      await timed('three specialists, as Jobs', train);
      const jobs = await kubectl(
        'get',
        'jobs',
        '-o',
        'jsonpath={.items[*].spec.template.spec.containers[*].resources}',
      );
      expect(jobs).toContain('nvidia.com/gpu');

      const status = async () =>
        JSON.parse(await kubectl('get', 'generalist', 'screening', '-o', 'jsonpath={.status}')) as object;
      const served = expect.poll(status, patience).toMatchObject({
        gate: 'Passed',
        accuracy: expect.stringMatching(/^[01]\.\d{3}$/u),
        conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]),
      });
      await timed('then merged, evaluated in a Job, promoted', served);
      console.log(await kubectl('get', 'generalists'));

      const ask = async (address: string) => {
        const response = await fetch(`http://${address}/v2/models/screening/infer`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data: [sampleImage()] }] }),
        });
        return response.json() as Promise<{ outputs?: { name: string }[] }>;
      };
      const answers = async () =>
        (await forward('service/m-medlego-gateway', 8080, ask)).outputs?.map(({ name }) => name);
      await expect.poll(answers, patience).toEqual(expect.arrayContaining(tasks));
    });

    it('goes on with a training whose pod was evicted, and makes the same specialist', async () => {
      const task = writeTask(folder, 'steady', 9);
      const settings = ['--task', task, '--epochs', '40', '-o', 'steady'];
      await onTrainer(async (address) => {
        const submit = async () => (await submitTraining(address, join(folder, 'client'), ...settings))[0]!;
        const [calm, evicted] = [await submit(), await submit()];
        await runWhen(address, evicted, (run) => isOver(run) || (run.progress?.fraction ?? 0) >= 0.2);
        const job = ['-l', `batch.kubernetes.io/job-name=${evicted}`, '-o', 'jsonpath={.items[0].metadata.name}'];
        const pod = await kubectl('get', 'pods', ...job);
        const eviction = join(folder, 'eviction.json');
        const metadata = { name: pod, namespace };
        writeFileSync(eviction, JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata }));
        await kubectl('create', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`, '-f', eviction);
        const again = runWhen(
          address,
          evicted,
          (run) => isOver(run) || (run.attempts > 1 && run.state === RunState.RUN_STATE_RUNNING),
        );
        expect((await timed('evicted, running again', again)).attempts).toBe(2);
        const [first, second] = await Promise.all([calm, evicted].map((id) => runWhen(address, id, isOver)));
        expect(first).toMatchObject({ state: RunState.RUN_STATE_SUCCEEDED, attempts: 1 });
        expect(second).toMatchObject({ state: RunState.RUN_STATE_SUCCEEDED, artifact: first!.artifact });
      });
    });

    it('comes back by itself when the broker is evicted', async () => {
      const restarts = () => {
        const path = 'jsonpath={.items[*].status.containerStatuses[*].restartCount}';
        const services = 'app.kubernetes.io/component in (trainer,merger,evaluator,gateway)';
        return kubectl('get', 'pods', '-l', services, '-o', path);
      };
      const before = await restarts();
      const uid = () => kubectl('get', 'pod', 'm-medlego-nats-0', '-o', 'jsonpath={.metadata.uid}').catch(() => '');
      const first = await uid();
      await kubectl('delete', 'pod', 'm-medlego-nats-0');
      await expect.poll(uid, { timeout: minutes }).not.toBe(first);
      await kubectl('wait', '--for=condition=Ready', 'pod/m-medlego-nats-0', '--timeout=120s');
      await kubectl('wait', '--for=condition=Available', 'deployment', '--all', '--timeout=120s');
      expect(await restarts()).toBe(before);
    });

    it('rolls the gateway under load without a failed request', async () => {
      const url = 'http://m-medlego-gateway:8080/v2/models/screening/infer';
      const load = join(folder, 'load.json');
      writeFileSync(load, JSON.stringify(loadPod({ image: image!, url, sample: sampleImage() })));
      await kubectl('apply', '-f', load);
      await expect.poll(() => kubectl('logs', 'load').catch(() => ''), patience).toContain('asked');
      await kubectl('rollout', 'restart', 'deployment/m-medlego-gateway');
      const rolled = kubectl('rollout', 'status', 'deployment/m-medlego-gateway', '--timeout=180s');
      await timed('gateway rolled', rolled);
      await kubectl('exec', 'load', '--', 'node', '-e', 'process.kill(1, "SIGTERM")');
      await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/load', '--timeout=60s');
      const lines = (await kubectl('logs', 'load')).trim().split('\n');
      const { answers, failures } = JSON.parse(lines.at(-1)!) as { answers: number; failures: string[] };
      times.push(`${answers} requests answered meanwhile, ${failures.length} failed`);
      expect(failures).toEqual([]);
      expect(answers).toBeGreaterThan(10);
    });

    it('is upgraded, and keeps its data when it is uninstalled', async () => {
      await release.apply('upgrade', '-f', file, '--set', 'merger.replicas=2,tests.model=screening');
      const replicas = ['deployment', 'm-medlego-merger', '-o', 'jsonpath={.status.readyReplicas}'];
      expect(await kubectl('get', ...replicas)).toBe('2');
      expect(await helm('test', 'm', '--timeout', '2m')).toContain('Succeeded');
      await helm('uninstall', 'm', '--wait');
      expect(await kubectl('get', 'pvc', '-o', 'name')).toContain('data-m-medlego-nats-0');
      const kinds = 'deployment,statefulset,service,configmap,secret,networkpolicy,role';
      expect(await kubectl('get', kinds, '-l', 'app.kubernetes.io/instance=m', '-o', 'name')).toBe('');
    });
  },
);

const sampleImage = (): string =>
  readFileSync(join(workspaceRoot(), 'data/samples/busibreast/malignant-test2.png')).toString('base64');
