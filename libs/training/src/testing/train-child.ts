import { openEngine } from '@medlego/engine';
import { exitCodeOf } from '@medlego/errors';
import { digestTensors } from '@medlego/tensors';
import { finish } from '../reports.ts';
import { trainSpecialist } from '../train-specialist.ts';
import { tinyBackbone, tinyDataset } from './tiny.ts';

// A process to be killed: trains the tiny task with a checkpoint after every step and prints each step, then the digest of what it trained.
const [checkpointFolder] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const engine = await openEngine({ intraOpThreads: 1 });
try {
  const trained = await finish(
    trainSpecialist({
      engine,
      backbone: tinyBackbone(),
      dataset: tinyDataset(),
      settings: {
        epochs: 6,
        batchSize: 16,
        learningRate: 0.01,
        selectBy: 'last',
        updateScaleRange: [0.5, 1],
        augment: { horizontalFlip: 0.5, brightness: 0.2 },
      },
      checkpointFolder,
      checkpointEverySeconds: 0,
      signal: stop.signal,
    }),
    async (report) => {
      if (report.type === 'resumed') process.stdout.write(`resumed ${report.epoch} ${report.step}\n`);
      if (report.type !== 'step') return;
      process.stdout.write(`step ${report.epoch} ${report.step}\n`);
      // Lets a signal in: compiled steps of this size never wait for anything.
      await new Promise((resolve) => setImmediate(resolve));
    },
  );
  const digest = digestTensors({ ...trained.adapter.tensors, ...trained.head });
  process.stdout.write(`digest ${digest} updates ${trained.updates} best ${trained.best.epoch}\n`);
} catch (error) {
  process.stdout.write(`error ${(error as Error).message}\n`);
  process.exitCode = exitCodeOf(error);
} finally {
  await engine.dispose();
}
