import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { workspaceRoot } from './workspace.ts';

/** The peers' scripts and a Python that has their packages. */
export interface Peers {
  readonly folder: string;
  readonly python: string;
}

/** @returns the peers, or the reason why they cannot run, in words */
export function findPeers(): Peers | string {
  const folder = join(workspaceRoot, '../shared/peers');
  if (!existsSync(folder)) return 'no peers: there is no folder shared/peers beside the repository';
  const python = [
    process.env['PEERS_PYTHON'],
    join(workspaceRoot, '../peers-env/bin/python'),
    join(homedir(), '.cache/peers-env/bin/python'),
  ].find((path) => path && existsSync(path));
  if (!python) return 'no peers: PEERS_PYTHON names no Python; shared/peers/README.md says how to set one up';
  return { folder, python };
}
