import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, exitCodeOf } from '@medlego/errors';
import { makeSampleData } from './make-sample-data.ts';

const usage = `Usage: npm run sample-data -- [--source DIR] [--out DIR]
Makes the committed sample tasks from the full files. Defaults: --source ../shared/data, --out data.`;

try {
  const { values } = parseArgs({
    options: {
      source: { type: 'string', default: join('..', 'shared', 'data') },
      out: { type: 'string', default: 'data' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) console.log(usage);
  else {
    const made = await makeSampleData(values.source, values.out);
    for (const { recipe, bytes, samples, findings } of made)
      console.log(
        `${recipe.task.name}: ${bytes} bytes, ${samples.length} images${findings.map((text) => `\n  ${text}`).join('')}`,
      );
    console.log(`${made.reduce((sum, { bytes }) => sum + bytes, 0)} bytes in all`);
  }
} catch (error) {
  console.error(error instanceof AppError ? error.message : error);
  process.exitCode = exitCodeOf(error);
}
