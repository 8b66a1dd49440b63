import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '@medlego/engine';
import { invariant } from '@medlego/errors';
import { BackbonePrograms } from './backbone-programs.ts';
import type { Command, ComputeSettings, Reply, Request } from './messages.ts';

invariant(parentPort, 'worker.ts runs as a worker thread');
const port = parentPort;
const { threads } = workerData as ComputeSettings;
const engine = await openEngine({ intraOpThreads: threads });
const backbones = new Map<string, BackbonePrograms>();
/** By variant. */
const owners = new Map<string, BackbonePrograms>();

async function execute(command: Command): Promise<Float32Array | null> {
  switch (command.type) {
    case 'backbone':
      if (!backbones.has(command.backbone.digest))
        backbones.set(command.backbone.digest, new BackbonePrograms(engine, command.backbone));
      return null;
    case 'load': {
      const programs = backbones.get(command.variant.backbone);
      invariant(programs, 'the backbone comes before its variants');
      owners.set(command.variant.key, programs);
      await programs.load(command.variant, command.warmUp);
      return null;
    }
    case 'unload':
      await owners.get(command.key)?.unload(command.key);
      owners.delete(command.key);
      return null;
    case 'run':
      return owners.get(command.keys[0]!)!.run(command.keys, command.images);
    case 'explain':
      return owners.get(command.key)!.explain(command.key, command.method, command.image);
  }
}

let last: Promise<void> = Promise.resolve();
port.on('message', ({ id, command }: Request) => {
  last = last.then(async () => {
    try {
      const features = await execute(command);
      port.postMessage({ id, features } satisfies Reply, features ? [features.buffer as ArrayBuffer] : []);
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Reply);
    }
  });
});
