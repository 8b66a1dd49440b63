import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@medlego/tensors';
import { resultsCsv } from './csv.ts';
import { resultsPage } from './html/results-page.ts';
import { resultsMarkdown } from './markdown.ts';
import type { ResultsDocument } from './results-document.ts';

/**
 * Writes `<table>-<setting>.{json,csv,md,html}` into a folder.
 * @returns the paths in that order
 */
export async function writeResults(folder: string, document: ResultsDocument): Promise<string[]> {
  const files = {
    json: `${JSON.stringify(document, null, 1)}\n`,
    csv: resultsCsv(document),
    md: `${resultsMarkdown(document)}\n`,
    html: await resultsPage(document),
  };
  return writeAll(folder, `${document.table}-${document.setting}`, files);
}

export async function writeAll(
  folder: string,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const [type, text] of Object.entries(files)) {
    const path = join(folder, `${name}.${type}`);
    await writeFileAtomic(path, text, { what: 'results' });
    paths.push(path);
  }
  return paths;
}
