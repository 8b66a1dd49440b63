import { CoreV1Api, KubeConfig, type V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { KeptLog, LogArchive } from '../log-archive.ts';
import { describeJobRunner, nodeJob, statusWhen } from '../testing/index.ts';
import { createKubernetesJobRunner } from './runner.ts';
import type { JobTemplate } from './template.ts';

/*
 * Against a real cluster, named by MEDLEGO_E2E_KUBECONFIG and never by a default, since it makes a namespace and runs pods.
 * MEDLEGO_E2E_NODE_IMAGE: an image with `node` that its nodes can have.
 */
const kubeconfig = process.env['MEDLEGO_E2E_KUBECONFIG'];
const image = process.env['MEDLEGO_E2E_NODE_IMAGE'] ?? 'node:22-bookworm-slim';
const patienceMs = 90_000;

describe.skipIf(!kubeconfig)(
  kubeconfig
    ? 'Kubernetes job runner'
    : 'Kubernetes job runner (skipped: `npm run e2e:kube` runs it, with MEDLEGO_E2E_KUBECONFIG)',
  () => {
    const kubeConfig = new KubeConfig();
    const namespace = `medlego-jobs-${Date.now().toString(36)}`;
    const template: JobTemplate = { image, imagePullPolicy: 'IfNotPresent', command: ['node'], appArgument: false };
    const open = (changes: Partial<JobTemplate> = {}, hopelessSeconds?: number) => {
      const runner = createKubernetesJobRunner({
        kubeConfig,
        namespace,
        template: { ...template, ...changes },
        hopelessSeconds,
      });
      onTestFinished(() => runner.close());
      return Promise.resolve(runner);
    };

    beforeAll(async () => {
      kubeConfig.loadFromFile(kubeconfig!);
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      await kubeConfig.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name: namespace, labels } } });
    });
    afterAll(() => kubeConfig.makeApiClient(CoreV1Api).deleteNamespace({ name: namespace }));

    describeJobRunner('shared', { open: () => open(), patienceMs });

    it('says in words that no node has a free GPU, and cancels a job that waits', async () => {
      const runner = await open({ gpuResourceName: 'example.com/none' });
      const spec = nodeJob('0', { resources: { cores: 0.1, memoryMb: 64, gpus: 1 } });
      await runner.submit(spec);
      await expect
        .poll(async () => (await runner.get(spec.name)).reason, { timeout: patienceMs })
        .toBe('no node has a free example.com/none');
      await runner.cancel(spec.name);
      expect((await statusWhen(runner, spec.name, 'ended', patienceMs)).state).toBe('cancelled');
    });

    it('fails a job whose image cannot be had', async () => {
      const runner = await open({ image: 'nowhere.invalid/none:1', imagePullPolicy: 'Never' }, 2);
      const spec = nodeJob('0');
      await runner.submit(spec);
      const status = await statusWhen(runner, spec.name, 'ended', patienceMs);
      expect(status.state).toBe('failed');
      expect(status.reason).toContain('cannot be pulled');
    });

    it('keeps what a job said when its pods, and the Job itself, are gone', async () => {
      const kept = new Map<string, KeptLog[]>();
      const key = (job: string, index: number) => `${job} ${index}`;
      const logs: LogArchive = {
        keep: (job, index, log) =>
          Promise.resolve(void kept.set(key(job, index), [...(kept.get(key(job, index)) ?? []), log])),
        read: (job, index) => Promise.resolve(kept.get(key(job, index)) ?? []),
      };
      const runner = createKubernetesJobRunner({ kubeConfig, namespace, template, logs });
      onTestFinished(() => runner.close());
      const script =
        'process.on("SIGTERM",()=>{console.log("saved");process.exit(75)});console.log("here");setInterval(()=>{},1e3)';
      const spec = nodeJob(script);
      await runner.submit(spec);
      for await (const { text } of runner.logs(spec.name, { follow: true })) if (text === 'here') break;
      const core = kubeConfig.makeApiClient(CoreV1Api);
      const labelSelector = `batch.kubernetes.io/job-name=${spec.name}`;
      const name = (await core.listNamespacedPod({ namespace, labelSelector })).items[0]!.metadata!.name!;
      await core.createNamespacedPodEviction({ name, namespace, body: { metadata: { name, namespace } } });
      await expect
        .poll(() => kept.get(key(spec.name, 0))?.[0]?.lines, { timeout: patienceMs })
        .toEqual(['here', 'saved']);
      await runner.remove(spec.name);
      const texts: string[] = [];
      for await (const { text } of runner.logs(spec.name)) texts.push(text);
      expect(texts.slice(0, 2)).toEqual(['here', 'saved']);
      await expect(runner.get(spec.name)).rejects.toMatchObject({ code: 'job_not_found' });
    });

    it('starts an evicted job again without counting it', async () => {
      const runner = await open();
      const spec = nodeJob('process.on("SIGTERM",()=>process.exit(75));console.log("here");setInterval(()=>{},1e3)', {
        maxAttempts: 1,
      });
      await runner.submit(spec);
      for await (const { text } of runner.logs(spec.name, { follow: true })) if (text === 'here') break;
      const core = kubeConfig.makeApiClient(CoreV1Api);
      const podsOf = async (): Promise<V1Pod[]> =>
        (await core.listNamespacedPod({ namespace, labelSelector: `batch.kubernetes.io/job-name=${spec.name}` })).items;
      const first = (await podsOf())[0]!.metadata!.name!;
      await core.createNamespacedPodEviction({
        name: first,
        namespace,
        body: { metadata: { name: first, namespace } },
      });
      const again = async () =>
        (await podsOf()).some(({ metadata, status }) => metadata!.name !== first && status!.phase === 'Running');
      await expect.poll(again, { timeout: patienceMs }).toBe(true);
      expect(await runner.get(spec.name)).toMatchObject({ state: 'running', attempt: 1 });
      await runner.remove(spec.name);
    });
  },
);
