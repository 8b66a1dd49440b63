export interface Panel {
  readonly title: string;
  readonly unit: string;
  /** PromQL by legend. */
  readonly queries: Readonly<Record<string, string>>;
}

const source = { type: 'prometheus', uid: '${datasource}' };

/** A Grafana dashboard: panels two in a row, a variable for the data source and one for the namespace. */
export function dashboard(uid: string, title: string, panels: readonly Panel[]) {
  return {
    uid,
    title,
    tags: ['medlego'],
    schemaVersion: 41,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus' },
        {
          name: 'namespace',
          type: 'query',
          datasource: source,
          query: { query: 'label_values(up, namespace)', refId: 'namespace' },
          refresh: 2,
        },
      ],
    },
    panels: panels.map(({ title: name, unit, queries }, index) => ({
      id: index + 1,
      title: name,
      type: 'timeseries',
      datasource: source,
      gridPos: { h: 8, w: 12, x: (index % 2) * 12, y: Math.floor(index / 2) * 8 },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: Object.entries(queries).map(([legendFormat, expr], query) => ({
        refId: String.fromCharCode(65 + query),
        datasource: source,
        expr,
        legendFormat,
      })),
    })),
  };
}
