import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { defineAction, type CommonOptions } from '../context.ts';

/** The nearest folder upwards that exists: the store may not have been made yet. */
const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)));

export function registerDoctor(command: Command): void {
  defineAction<[], CommonOptions>(command, async ({ out, home }) => {
    const { probeEngines } = await import('@medlego/engine');
    const [engines, disk] = await Promise.all([probeEngines(), statfs(existing(home))]);
    const freeGb = (disk.bavail * disk.bsize) / 1e9;
    const machine = {
      node: process.versions.node,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryGb: Math.round(totalmem() / 1e9),
      home,
      freeGb: Math.round(freeGb),
    };
    out.line(`Node ${machine.node}, ${machine.cores} cores (${machine.cpu}), ${machine.memoryGb} GB memory`);
    out.line(`State in ${home}, ${machine.freeGb} GB free`);
    out.table(
      [{ title: 'Engine' }, { title: 'Device' }, { title: 'Works' }, { title: 'Detail' }],
      engines.map(({ engine, device, works, detail }) => [engine, device, works ? 'yes' : 'no', detail]),
    );
    out.document({ ...machine, engines });
  });
}
