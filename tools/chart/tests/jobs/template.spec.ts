import { jobManifest, parseJobTemplate } from '@medlego/jobs/kubernetes';
import type { JobSpec } from '@medlego/jobs';
import { expect, it } from 'vitest';
import { pick, renderChart } from '../../src/index.ts';
import { describeChart } from '../with-helm.ts';

/** The Job that the trainer of an installation would make. */
const jobOf = async (name: string, values?: object) => {
  const map = pick(await renderChart(name, values), 'ConfigMap', 'm-medlego-job-template');
  const template = parseJobTemplate(map['data']['template.json']);
  const spec: JobSpec = {
    name: 'training-1',
    app: 'trainer',
    args: ['job', '--run', 'training-1'],
    env: { MEDLEGO_ADDRESS: 'not-this:1', TRACEPARENT: '00-1-1-01' },
    resources: template.resources,
    priority: 100,
    labels: { run: 'training-1' },
    graceSeconds: template.graceSeconds,
    maxAttempts: template.maxAttempts,
  };
  const job = jobManifest(spec, template.kubernetes, 'm-medlego-trainer');
  const pod = job.spec!.template.spec!;
  return {
    job,
    pod,
    container: pod.containers[0]!,
    env: new Map(pod.containers[0]!.env!.map((item) => [item.name, item])),
  };
};

describeChart('Jobs that the template makes', () => {
  it('reach the trainer and keep their restricted security context', async () => {
    const { pod, container, env } = await jobOf('minimal');
    expect(container.args).toEqual(['trainer', 'job', '--run', 'training-1']);
    expect(env.get('MEDLEGO_ADDRESS')?.value).toBe('m-medlego-trainer.imaging.svc:7070');
    expect(env.get('TRACEPARENT')?.value).toBe('00-1-1-01');
    expect(env.get('MEDLEGO_STORE')?.value).toBe('service');
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod).toMatchObject({
      serviceAccountName: 'm-medlego-job',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    });
  });

  it('ask for the GPU that the values name, with tolerations, class, priority and the installer’s own pod settings', async () => {
    const { job, pod, container, env } = await jobOf('gpu');
    expect(container.image).toBe('medlego/medlego:0.1.0-gpu');
    expect(container.resources).toMatchObject({
      requests: { cpu: '8000m', memory: '32768Mi', 'nvidia.com/mig-1g.10gb': '1' },
      limits: { memory: '32768Mi', 'nvidia.com/mig-1g.10gb': '1' },
    });
    expect(pod).toMatchObject({
      tolerations: [{ key: 'nvidia.com/gpu' }],
      runtimeClassName: 'nvidia',
      nodeSelector: { 'nvidia.com/gpu.present': 'true' },
      priorityClassName: 'training-urgent',
    });
    expect(env.get('MEDLEGO_DEVICE')?.value).toBe('cuda');
    expect(env.get('NVIDIA_DRIVER_CAPABILITIES')?.value).toBe('compute,utility');
    expect(container.securityContext?.readOnlyRootFilesystem).toBe(true);
    expect(job.spec!.template.metadata?.annotations).toEqual({ 'example.org/cost-centre': '42' });
  });

  it('wait in the queue of Kueue, with GPUs that are asked for though the CPU computes', async () => {
    const { job, container, env } = await jobOf('kueue');
    expect(job.metadata?.labels?.['kueue.x-k8s.io/queue-name']).toBe('training');
    expect(job.spec).toMatchObject({ activeDeadlineSeconds: 86400 });
    expect(container.resources?.limits?.['nvidia.com/gpu']).toBe('1');
    expect(container.image).toBe('medlego/medlego:0.1.0');
    expect(env.get('MEDLEGO_DEVICE')?.value).toBe('cpu');
  });

  it('get tokens by reference, trust the services’ certificate and report to the collector', async () => {
    const { pod, env } = await jobOf('ha');
    expect(env.get('MEDLEGO_TOKEN')).toEqual({
      name: 'MEDLEGO_TOKEN',
      valueFrom: { secretKeyRef: { name: 'medlego-job-token', key: 'token' } },
    });
    expect(env.get('MEDLEGO_TLS_CA')?.value).toBe('/etc/medlego/tls/ca.crt');
    expect(env.get('OTEL_SERVICE_NAME')?.value).toBe('medlego-job');
    expect(env.get('MEDLEGO_STORE')?.value).toBe('s3://medlego/hospital-a');
    expect(pod.volumes?.map(({ name }) => name).sort()).toEqual(['tls', 'tmp']);
  });

  it('see nothing of the private key unless clients must show one', async () => {
    const { pod } = await jobOf('oidc');
    expect(pod.volumes?.find(({ name }) => name === 'tls')?.secret?.items).toEqual([{ key: 'ca.crt', path: 'ca.crt' }]);
  });
});
