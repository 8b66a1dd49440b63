import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { metrics } from '@medlego/telemetry';
import { dashboards } from '../../src/dashboards/index.ts';
import { prometheusNames } from '../../src/dashboards/services.ts';
import { pick, renderChart } from '../../src/index.ts';
import { workspaceRoot } from '../../src/paths.ts';
import { describeChart } from '../with-helm.ts';

/** Names of the gateway's metrics, and of the services' as Prometheus shows them. */
const served = readFileSync(join(workspaceRoot, 'apps/inference-gateway/src/http/metrics-route.ts'), 'utf8');
const listed = Object.values(metrics).flatMap((metric) => prometheusNames(metric));
const labels = Object.values(metrics).flatMap((metric) => metric.labels.map((label) => label.replaceAll('.', '_')));
const metricsIn = (text: string): string[] => [...new Set(text.match(/\b(?:nv|medlego|rpc)_[a-z_]+\w/gu) ?? [])];
const rulesOf = async (name: string) =>
  pick(await renderChart(name), 'PrometheusRule', 'm-medlego')['spec'].groups[0].rules;

describeChart('rules and dashboards', () => {
  it('name only metrics that there are, and the dashboards show all of the list', async () => {
    const used = metricsIn(JSON.stringify([await rulesOf('ha'), dashboards])).filter(
      (name) => name !== 'medlego_dev_managed_job' && !labels.includes(name),
    );
    expect(used.length).toBeGreaterThan(5);
    for (const name of used) expect(listed.includes(name) || served.includes(`'${name}'`), name).toBe(true);
    for (const metric of Object.values(metrics))
      expect(
        prometheusNames(metric).some((name) => used.includes(name)),
        metric.name,
      ).toBe(true);
  });

  it('look at their own release, and each alert has a section in the guide', async () => {
    const guide = readFileSync(join(workspaceRoot, 'docs/guides/operations.md'), 'utf8');
    for (const { alert, expr, annotations } of await rulesOf('ha')) {
      expect(expr, alert).toContain('namespace="imaging"');
      const section = /"(.+)"/u.exec(annotations.description)![1];
      expect(guide, alert).toContain(`### ${section}`);
    }
  });

  it('arrive in ConfigMaps that Grafana’s sidecar finds', async () => {
    const map = pick(await renderChart('ha'), 'ConfigMap', 'm-medlego-dashboard-serving');
    expect(map.metadata.labels).toMatchObject({ grafana_dashboard: '1', team: 'imaging' });
    expect(JSON.parse(map['data']['medlego-serving.json'])).toEqual(JSON.parse(JSON.stringify(dashboards.serving)));
  });
});
