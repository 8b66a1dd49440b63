import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { dashboards } from './dashboards/index.ts';
import { chartFolder } from './paths.ts';
import { chartReadme } from './readme.ts';
import { valuesSchema } from './schema.ts';

/** Files of the chart that are derived from others, by path. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const files: [string, string, 'json' | 'markdown'][] = [
    [join(chartFolder, 'values.schema.json'), JSON.stringify(valuesSchema(), null, 2), 'json'],
    [join(chartFolder, 'README.md'), chartReadme(), 'markdown'],
    ...Object.entries(dashboards).map(([name, dashboard]): [string, string, 'json'] => [
      join(chartFolder, 'dashboards', `${name}.json`),
      JSON.stringify(dashboard, null, 2),
      'json',
    ]),
  ];
  const formatted = files.map(async ([path, text, parser]): Promise<[string, string]> => {
    const options = await resolveConfig(path);
    return [path, await format(text, { ...options, parser })];
  });
  return new Map(await Promise.all(formatted));
}
