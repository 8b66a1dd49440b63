import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartFolder } from './paths.ts';
import { listSettings } from './values.ts';

/** The chart's README: its template, with the table of values where the template says so. */
export function chartReadme(): string {
  const rows = listSettings()
    .filter(({ value, description }) => description || value !== undefined)
    .map(({ path, value, description }) => {
      const shown = value === undefined ? '' : `\`${JSON.stringify(value)}\``;
      return `| \`${path}\` | ${cell(description)} | ${cell(shown)} |`;
    });
  const table = ['| Setting | Meaning | Default |', '| --- | --- | --- |', ...rows].join('\n');
  const template = readFileSync(join(chartFolder, 'README.md.gotmpl'), 'utf8');
  return template.replace('{{ template "chart.valuesTable" . }}', () => table);
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
