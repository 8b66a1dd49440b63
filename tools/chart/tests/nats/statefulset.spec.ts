import { expect, it } from 'vitest';
import { pick, renderChart } from '../../src/index.ts';
import { describeChart } from '../with-helm.ts';

const config = async (name: string, values?: object): Promise<string> =>
  pick(await renderChart(name, values), 'ConfigMap', 'm-medlego-nats')['data']['nats.conf'];

describeChart('NATS', () => {
  it('keeps its data on a claim that outlives the release', async () => {
    const { spec } = pick(await renderChart('minimal'), 'StatefulSet', 'm-medlego-nats');
    expect(spec.replicas).toBe(1);
    expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
    expect(spec.volumeClaimTemplates[0].spec.resources.requests.storage).toBe('10Gi');
    expect(await config('minimal')).not.toContain('cluster');
  });

  it('is three that know each other, with a token, where three are asked for', async () => {
    const text = await config('ha');
    for (const index of [0, 1, 2])
      expect(text).toContain(`nats://m-medlego-nats-${index}.m-medlego-nats-headless:6222`);
    expect(text).toContain('authorization { token: $NATS_TOKEN }');
    const { spec } = pick(await renderChart('ha'), 'StatefulSet', 'm-medlego-nats');
    expect(spec.replicas).toBe(3);
    expect(spec.volumeClaimTemplates[0].spec.storageClassName).toBe('fast');
  });

  it('restarts when its configuration changes, and only then', async () => {
    const checksum = async (values?: object) =>
      pick(await renderChart('minimal', values), 'StatefulSet', 'm-medlego-nats')['spec'].template.metadata.annotations[
        'checksum/config'
      ];
    expect(await checksum({ nats: { maxPayload: 1024 } })).not.toBe(await checksum());
    expect(await checksum({ merger: { replicas: 2 } })).toBe(await checksum());
  });

  it('is left out for one that is there already, whose credentials are mounted', async () => {
    const objects = await renderChart('external-nats');
    expect(objects.filter(({ metadata }) => metadata.name.includes('nats'))).toEqual([]);
    const pod = pick(objects, 'Deployment', 'm-medlego-merger')['spec'].template.spec;
    expect(pod.containers[0].env).toContainEqual({
      name: 'MEDLEGO_NATS_CREDENTIALS',
      value: '/etc/medlego/nats/nats.creds',
    });
    expect(pod.volumes).toContainEqual({
      name: 'nats',
      secret: { secretName: 'nats-credentials', items: [{ key: 'nats.creds', path: 'nats.creds' }] },
    });
  });
});
