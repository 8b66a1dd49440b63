import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from './paths.ts';

let path: string | null | undefined;

/** Where helm is; fetched once if need be. Undefined, with a line on stderr that says why, if it cannot be had. */
export function findHelm(): string | undefined {
  if (path === undefined) {
    try {
      const script = join(workspaceRoot, 'tools', 'scripts', 'kube-tools.mjs');
      path = execFileSync(process.execPath, [script, 'helm'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      }).trim();
    } catch {
      path = null; // the script has said why
    }
  }
  return path ?? undefined;
}
