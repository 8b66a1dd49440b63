import { metrics, type MetricDefinition } from '@medlego/telemetry';
import type { Panel } from './panel.ts';

const own = 'namespace="$namespace"';
const label = (name: string): string => name.replaceAll('.', '_');

/** How Prometheus shows a metric; a histogram has three faces. */
export function prometheusNames({ name, kind }: MetricDefinition): string[] {
  const base = name.replaceAll('.', '_');
  if (kind === 'counter') return [`${base}_total`];
  return kind === 'gauge' ? [base] : ['_bucket', '_count', '_sum'].map((end) => base + end);
}

/** A panel for each metric of the services' list. */
export const servicePanels = (): Panel[] => Object.values(metrics).map(panelOf);

function panelOf(metric: MetricDefinition): Panel {
  const [name] = prometheusNames(metric);
  const labels = metric.labels.map(label);
  const legend = labels.map((each) => `{{${each}}}`).join(' ');
  const title = metric.meaning.replace(/\.$/u, '');
  switch (metric.kind) {
    case 'counter':
      return { title, unit: 'cps', queries: { [legend || 'all']: `sum${by(labels)} (rate(${name}{${own}}[5m]))` } };
    case 'gauge':
      return { title, unit: 'short', queries: { '{{pod}}': `min by (pod) (${name}{${own}})` } };
    case 'histogram': {
      const quantile = (share: number) =>
        `histogram_quantile(${share}, sum${by(['le', ...labels.slice(0, 1)])} (rate(${name}{${own}}[5m])))`;
      const first = labels[0] ? `{{${labels[0]}}} ` : '';
      return {
        title,
        unit: metric.unit,
        queries: { [`${first}median`]: quantile(0.5), [`${first}p99`]: quantile(0.99) },
      };
    }
  }
}

const by = (labels: readonly string[]): string => (labels.length > 0 ? ` by (${labels.join(', ')})` : '');
