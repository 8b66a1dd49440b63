import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobSpecSchema, type JobSpec } from '../job-spec.ts';
import { jobManifest } from './manifest.ts';
import type { JobTemplate } from './template.ts';

const spec: JobSpec = {
  name: 'training-1',
  app: 'trainer',
  args: ['job', '--run', 'training-1'],
  env: { MEDLEGO_ADDRESS: 'medlego:7070', MEDLEGO_TOKEN: 'plain' },
  resources: { cores: 1.5, memoryMb: 2048, gpus: 1 },
  priority: 10,
  labels: { run: 'training-1' },
  graceSeconds: 60,
  maxAttempts: 3,
};

const template: JobTemplate = {
  image: 'registry.example/medlego@sha256:00',
  imagePullSecrets: [{ name: 'pull' }],
  gpuResourceName: 'nvidia.com/mig-1g.10gb',
  gpuTolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
  gpuNodeSelector: { 'nvidia.com/gpu.present': 'true' },
  runtimeClassName: 'nvidia',
  nodeSelector: { pool: 'work' },
  priorityClasses: [
    { atLeast: 0, name: 'normal' },
    { atLeast: 5, name: 'urgent' },
  ],
  env: [{ name: 'MEDLEGO_TOKEN', valueFrom: { secretKeyRef: { name: 'job-token', key: 'token' } } }],
  labels: { team: 'imaging' },
  kueueQueue: 'gpus',
  ttlSecondsAfterFinished: 3600,
};

const arbitrarySpec: fc.Arbitrary<JobSpec> = fc.record(
  {
    name: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/u),
    app: fc.constantFrom('trainer', 'merger', 'evaluator'),
    args: fc.array(fc.string(), { maxLength: 4 }),
    env: fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/u), fc.string(), { maxKeys: 4 }),
    resources: fc.record({
      cores: fc.double({ min: 0.01, max: 64, noNaN: true }),
      memoryMb: fc.integer({ min: 1, max: 1e6 }),
      gpus: fc.integer({ min: 0, max: 8 }),
    }),
    priority: fc.integer({ min: -10, max: 10 }),
    labels: fc.constant({}),
    completions: fc.integer({ min: 1, max: 100 }),
    graceSeconds: fc.integer({ min: 0, max: 600 }),
    maxAttempts: fc.integer({ min: 1, max: 10 }),
  },
  { requiredKeys: ['name', 'app', 'args', 'env', 'resources', 'priority', 'labels', 'graceSeconds', 'maxAttempts'] },
);

describe('jobManifest', () => {
  it('makes the Job of one run on a GPU slice under Kueue', async () => {
    const text = `${JSON.stringify(jobManifest(spec, template, 'medlego'), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('golden/gpu-kueue.json');
  });

  it('makes an Indexed Job of a sweep on CPUs', async () => {
    const sweep = { ...spec, completions: 6, resources: { cores: 2, memoryMb: 512, gpus: 0 } };
    const text = `${JSON.stringify(jobManifest(sweep, { image: 'medlego', parallelism: 2 }, 'medlego'), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('golden/sweep.json');
  });

  it('obeys the restricted Pod Security Standard for every job', () => {
    fc.assert(
      fc.property(arbitrarySpec, (any) => {
        expect(jobSpecSchema.safeParse(any).success).toBe(true);
        const pod = jobManifest(any, template, 'medlego').spec!.template.spec!;
        expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
        expect(pod.automountServiceAccountToken).toBe(false);
        for (const container of pod.containers)
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
        for (const { emptyDir } of pod.volumes!) expect(emptyDir).toBeDefined();
      }),
    );
  });

  it('never suspends, writes no name twice, and ignores disruptions before it looks at exit codes', () => {
    fc.assert(
      fc.property(arbitrarySpec, (any) => {
        const { spec: job } = jobManifest(any, template, 'medlego');
        expect(job).not.toHaveProperty('suspend');
        const container = job!.template.spec!.containers[0]!;
        const names = container.env!.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        const bad = any.completions === undefined ? 'FailJob' : 'FailIndex';
        expect(job!.podFailurePolicy!.rules.map(({ action }) => action)).toEqual(['Ignore', bad, 'Ignore', 'Count']);
        expect(job!.backoffLimit === undefined).toBe(any.completions !== undefined);
        expect(job!.backoffLimitPerIndex === undefined).toBe(any.completions === undefined);
        expect(container.resources!.requests).toHaveProperty('cpu');
        expect('nvidia.com/mig-1g.10gb' in container.resources!.limits!).toBe(any.resources.gpus > 0);
      }),
    );
  });

  it('does not write a value that the template takes from a Secret', () => {
    expect(JSON.stringify(jobManifest(spec, template, 'medlego'))).not.toContain('plain');
  });

  it('keeps the defaults beside a field that values override', () => {
    const pod = jobManifest(
      spec,
      {
        image: 'medlego',
        pod: { spec: { securityContext: { fsGroup: 7 }, containers: [{ name: 'job', tty: true }] } },
      },
      'medlego',
    ).spec!.template.spec!;
    expect(pod.securityContext).toMatchObject({ fsGroup: 7, runAsNonRoot: true });
    expect(pod.containers).toHaveLength(1);
    expect(pod.containers[0]).toMatchObject({
      tty: true,
      image: 'medlego',
      securityContext: { readOnlyRootFilesystem: true },
    });
  });
});
