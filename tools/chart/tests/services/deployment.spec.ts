import { expect, it } from 'vitest';
import { pick, renderChart, type KubeObject } from '../../src/index.ts';
import { describeChart } from '../with-helm.ts';

const services = ['trainer', 'merger', 'evaluator', 'gateway'] as const;
const deployment = (objects: readonly KubeObject[], service: string) =>
  pick(objects, 'Deployment', `m-medlego-${service}`);
const container = (object: KubeObject) => object['spec'].template.spec.containers[0];
const envOf = (object: KubeObject): Record<string, string> =>
  Object.fromEntries(
    container(object).env.map(({ name, value }: { name: string; value?: string }) => [name, value ?? '']),
  );

describeChart('Deployments of the services', () => {
  it('start the one image with the name of the app, and find the broker and the ports', async () => {
    const objects = await renderChart('minimal');
    for (const service of services) {
      const object = deployment(objects, service);
      expect(container(object).args).toEqual([service, 'serve']);
      expect(container(object).image).toBe('medlego/medlego:0.1.0');
      expect(envOf(object)).toMatchObject({
        MEDLEGO_NATS_URL: 'nats://m-medlego-nats:4222',
        MEDLEGO_STORE: 'nats',
        MEDLEGO_RPC_PORT: '7070',
        MEDLEGO_ADMIN_PORT: '9464',
      });
    }
  });

  it('keep answering while they are replaced: one more first, none less, time to drain', async () => {
    for (const service of services) {
      const { spec } = deployment(await renderChart('ha'), service);
      expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
      const pod = spec.template.spec;
      expect(pod.containers[0].lifecycle.preStop.sleep.seconds).toBeLessThan(pod.terminationGracePeriodSeconds);
      expect(pod.containers[0].readinessProbe.httpGet.path).toBe('/readyz');
      expect(pod.containers[0].livenessProbe.httpGet.path).toBe('/livez');
    }
  });

  it('leave replicas to the autoscaler where there is one', async () => {
    const objects = await renderChart('ha');
    expect(deployment(objects, 'gateway')['spec']).not.toHaveProperty('replicas');
    expect(pick(objects, 'HorizontalPodAutoscaler', 'm-medlego-gateway')['spec']).toMatchObject({
      minReplicas: 3,
      maxReplicas: 12,
      scaleTargetRef: { kind: 'Deployment', name: 'm-medlego-gateway' },
    });
    expect(deployment(objects, 'merger')['spec'].replicas).toBe(2);
    expect(objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')).toHaveLength(1);
  });

  it('have a disruption budget where there is more than one replica, and none else', async () => {
    const budgets = async (name: string) =>
      (await renderChart(name))
        .filter(({ kind }) => kind === 'PodDisruptionBudget')
        .map(({ metadata }) => metadata.name);
    expect(await budgets('minimal')).toEqual([]);
    expect((await budgets('ha')).sort()).toEqual(
      ['evaluator', 'gateway', 'merger', 'nats', 'trainer'].map((name) => `m-medlego-${name}`),
    );
  });

  it('take tokens, certificates and keys from Secrets, and never their text', async () => {
    const merger = deployment(await renderChart('ha'), 'merger');
    expect(envOf(merger)).toMatchObject({
      MEDLEGO_TOKENS_FILE: '/etc/medlego/tokens/tokens.json',
      MEDLEGO_TLS_CERT: '/etc/medlego/tls/tls.crt',
      MEDLEGO_TLS_CA: '/etc/medlego/tls/ca.crt',
      MEDLEGO_STORE: 's3://medlego/hospital-a',
      AWS_ENDPOINT_URL_S3: 'https://s3.example.org',
      OTEL_SERVICE_NAME: 'medlego-merger',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=production,service.namespace=imaging',
    });
    for (const name of ['AWS_SECRET_ACCESS_KEY', 'MEDLEGO_NATS_TOKEN'])
      expect(container(merger).env.find((variable: { name: string }) => variable.name === name)).toHaveProperty(
        'valueFrom.secretKeyRef.name',
      );
    const mounted = container(merger).volumeMounts.map(({ name }: { name: string }) => name);
    const volumes = merger['spec'].template.spec.volumes.map(({ name }: { name: string }) => name);
    expect([...mounted].sort()).toEqual([...volumes].sort());
  });

  it('take images of one mirror, by digest, with its pull secret', async () => {
    const objects = await renderChart('restricted');
    const trainer = deployment(objects, 'trainer');
    expect(container(trainer).image).toMatch(/^registry\.example\.org\/mirror\/medlego\/medlego@sha256:0{64}$/u);
    expect(trainer['spec'].template.spec.imagePullSecrets).toEqual([{ name: 'mirror' }]);
    expect(container(pick(objects, 'StatefulSet', 'm-medlego-nats')).image).toBe(
      'registry.example.org/mirror/library/nats:2-alpine',
    );
    expect(objects.filter(({ kind }) => kind === 'ServiceAccount')).toEqual([]);
    expect(pick(objects, 'RoleBinding', 'm-medlego-trainer')['subjects'][0].name).toBe('medlego');
  });
});
