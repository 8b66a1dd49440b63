import { runTable } from '../run/run-table.ts';
import { sampleData, tinyContext, tinyEngine, tinyTable } from './tiny-run.ts';

// A process to be killed: runs the tiny table in the given folder and prints how far it is.
const [folder] = process.argv.slice(2);
const engine = await tinyEngine();
const context = await tinyContext(engine, folder!, {
  onProgress: ({ phase, done, total, note }) => process.stdout.write(`${phase} ${done} of ${total} ${note}\n`),
});
await runTable(context, { config: tinyTable(), data: { folder: sampleData, limit: 60 } });
await engine.dispose();
