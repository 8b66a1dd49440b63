import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the workspace: the nearest one above this file that holds `nx.json`. */
export function workspaceRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'nx.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('No nx.json above libs/testing: is this the workspace?');
  }
}

/**
 * Path of `../shared/<name>` seen from the workspace, where large reference files lie that are not in the repository;
 * undefined, with a warning on the console, where it is missing. Meant for `describe.skipIf` / `it.skipIf`:
 *
 * ```ts
 * const interop = sharedFolder('interop');
 * it.skipIf(!interop)('gives the reference logits', async () => { await readSafetensors(join(interop!, 'models/…')) });
 * ```
 */
export function sharedFolder(name: string): string | undefined {
  const path = resolve(workspaceRoot(), '..', 'shared', name);
  if (existsSync(path)) return path;
  // eslint-disable-next-line no-console -- a skipped comparison has to be seen in the test run's output
  console.warn(`SKIPPED: tests that compare with ../shared/${name}, which is not on this machine.`);
  return undefined;
}
