import { exitCodeOf } from '../src/exit-code.ts';
import type { CatalogueEntry } from './read-catalogue.ts';

const escape = (text: string) => text.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('|', '\\|');

/** The error reference, in Markdown. */
export function referenceOf(entries: readonly CatalogueEntry[]): string {
  const lines = [
    '# Errors',
    '',
    'Every expected failure has a `code` that does not change, a `kind`, and `facts`: what its message was made of. With `--json` a command prints',
    '`{ "error": { "code", "message", "facts" } }`. Branch on the code, never on the text. This page is made from the catalogue in `libs/errors`',
    'by its tests (`npm run unit -- libs/errors -u`).',
    '',
    'Exit codes: 0 done; 1 failed, another try may help; 64 the request is at fault and will fail again; 75 stopped on purpose, the same command goes on.',
  ];
  for (const area of [...new Set(entries.map((entry) => entry.area))]) {
    lines.push(
      '',
      `## ${area[0]!.toUpperCase()}${area.slice(1)}`,
      '',
      '| Code | Kind | Exit | Message and meaning | Facts |',
      '| --- | --- | --- | --- | --- |',
    );
    for (const { sample, meaning, facts } of entries.filter((entry) => entry.area === area)) {
      const text = [`“${escape(sample.message)}”`, escape(meaning)].filter(Boolean).join('<br>');
      const cells = [
        `\`${sample.code}\``,
        sample.kind,
        exitCodeOf(sample),
        text,
        facts.map((fact) => `\`${fact}\``).join(', '),
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
