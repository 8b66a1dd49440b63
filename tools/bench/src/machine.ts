import { cpus, loadavg, totalmem } from 'node:os';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { workspaceRoot } from './workspace.ts';

/** What a figure depends on beside the code. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly onnxruntime: string;
  readonly threads: number;
  /** Mean number of running processes over the last minute: figures of a busy machine count only against each other. */
  readonly load: number;
}

export function describeMachine(threads: number): Machine {
  const require = createRequire(join(workspaceRoot, 'libs/engine/package.json'));
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    onnxruntime: (require('onnxruntime-node/package.json') as { version: string }).version,
    threads,
    load: Number(loadavg()[0]!.toFixed(2)),
  };
}
