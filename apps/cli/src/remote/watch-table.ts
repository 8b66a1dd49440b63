import { RegistryDefinition, type Run, type RunFilter } from '@medlego/contracts/rpc';
import { resumeWatch, type RpcConnection } from '@medlego/rpc';
import type { CommandContext } from '../context.ts';
import { runColumns, runDocument, runRow } from './run-words.ts';

/** Time between two drawings of the table. */
const redrawMs = 200;

/** Shows runs as they change until Ctrl-C: a table that is drawn over itself on a terminal, else a line per change. */
export async function watchTable(
  context: CommandContext,
  rpc: RpcConnection,
  filter: RunFilter,
  limit: number,
): Promise<void> {
  const { out, json, signal } = context;
  const registry = rpc.client(RegistryDefinition);
  const changes = resumeWatch((afterRevision) => registry.watchRuns({ filter, afterRevision }, { signal }), {
    revisionOf: ({ run }) => run!.revision,
    signal,
  });
  const isLive = process.stdout.isTTY && !json;
  const seen = new Map<string, Run>();
  let dirty = false;
  const draw = () => {
    if (!dirty) return;
    dirty = false;
    const newest = [...seen.values()].sort((a, b) => Number(b.created) - Number(a.created)).slice(0, limit);
    process.stdout.write('\x1b[H\x1b[2J'); // home, clear
    out.table(runColumns, newest.map(runRow));
    out.line(`\n${new Date().toLocaleTimeString()}  ${seen.size} runs  Ctrl-C ends`);
  };
  const timer = isLive ? setInterval(draw, redrawMs) : undefined;
  try {
    for await (const { run } of changes) {
      seen.set(run!.id, run!);
      dirty = true;
      if (json) process.stdout.write(`${JSON.stringify(runDocument(run!))}\n`);
      else if (!isLive) out.line(runRow(run!).join('  '));
    }
  } finally {
    clearInterval(timer);
    if (isLive) draw();
  }
}
