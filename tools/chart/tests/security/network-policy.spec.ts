import { expect, it } from 'vitest';
import { pick, renderChart, type KubeObject } from '../../src/index.ts';
import { describeChart } from '../with-helm.ts';

const policies = (objects: readonly KubeObject[]) => objects.filter(({ kind }) => kind === 'NetworkPolicy');
const reachesOut = (policy: KubeObject): boolean =>
  policy['spec'].egress.some(({ to }: { to?: { ipBlock?: object }[] }) => to?.some(({ ipBlock }) => ipBlock));

describeChart('network policies', () => {
  it('hold for every pod, in both directions', async () => {
    const objects = await renderChart('minimal');
    const names = policies(objects).map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(
      ['evaluator', 'gateway', 'job', 'merger', 'nats', 'trainer'].map((name) => `m-medlego-${name}`),
    );
    for (const { spec } of policies(objects)) expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
  });

  it('let only those out who must: makers of Jobs, not the merger, the gateway or Jobs', async () => {
    const out = policies(await renderChart('minimal')).filter(reachesOut);
    expect(out.map(({ metadata }) => metadata.name).sort()).toEqual(['m-medlego-evaluator', 'm-medlego-trainer']);
    expect(policies(await renderChart('ha')).filter(reachesOut)).toHaveLength(5); // S3 and the collector: all but NATS
  });

  it('let nobody into a Job, and a Job to the trainer alone', async () => {
    const { spec } = pick(await renderChart('minimal'), 'NetworkPolicy', 'm-medlego-job');
    expect(spec.podSelector.matchLabels).toMatchObject({ 'medlego.dev/managed-job': 'true' });
    expect(spec.ingress).toEqual([]);
    const peers = spec.egress.flatMap(({ to }: { to?: object[] }) => to ?? []);
    expect(peers).toEqual([
      { podSelector: { matchLabels: expect.objectContaining({ 'app.kubernetes.io/component': 'trainer' }) } },
    ]);
  });

  it('narrow the gateway’s callers and the way out where the values say so', async () => {
    const objects = await renderChart('restricted');
    expect(pick(objects, 'NetworkPolicy', 'm-medlego-gateway')['spec'].ingress[0].from).toHaveLength(1);
    const { egress } = pick(objects, 'NetworkPolicy', 'm-medlego-trainer')['spec'];
    expect(egress.at(-1).to).toEqual([{ ipBlock: { cidr: '10.96.0.1/32' } }]);
  });

  it('are left out where they are not wanted', async () => {
    expect(policies(await renderChart('minimal', { networkPolicy: { enabled: false } }))).toEqual([]);
  });
});
