import { openEngine } from '@medlego/engine';
import { AppError, exitCodeOf } from '@medlego/errors';
import { parseOptions, usage } from './options.ts';
import { pretrain } from './pretrain.ts';
import { createProgress } from './progress.ts';
import { writeBackbone } from './write-backbone.ts';

const say = (line: string) => process.stderr.write(`${line}\n`);

try {
  const args = process.argv.slice(2);
  const options = parseOptions(args);
  if (!options) process.stdout.write(usage);
  else {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    const engine = await openEngine(options.threads === null ? {} : { intraOpThreads: options.threads });
    const backbone = await pretrain(engine, options, {
      signal: stop.signal,
      onDecoded: (done, total) => done % 10_000 === 0 && say(`decoded ${done} of ${total} images`),
      onReport: createProgress(say, () => performance.now()),
    });
    const shown = args.filter((arg) => arg !== '--resume').join(' ');
    await writeBackbone(options.output, backbone, `npm run pretrain -- ${shown}`);
    process.stdout.write(
      `${JSON.stringify({ output: options.output, digest: backbone.digest, testAccuracy: backbone.test.metrics.acc })}\n`,
    );
    await engine.dispose();
  }
} catch (error) {
  say(error instanceof AppError ? `error: ${error.message}` : String((error as Error).stack ?? error));
  process.exitCode = exitCodeOf(error);
}
