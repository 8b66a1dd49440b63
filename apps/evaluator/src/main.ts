// `main.ts serve`: the service. `main.ts job --run ID`: computes one evaluation. Each loads only what it needs.
import { fileURLToPath } from 'node:url';

const argv = process.argv.slice(2);
const modelFolders = [fileURLToPath(new URL('../../../models', import.meta.url))];

switch (argv[0]) {
  case 'serve': {
    const { serveEvaluator } = await import('./serve.ts');
    process.exitCode = await serveEvaluator();
    break;
  }
  case 'job': {
    const { evaluateJob } = await import('./evaluate-job.ts');
    process.exitCode = await evaluateJob({ argv, env: process.env, modelFolders });
    break;
  }
  default:
    process.stderr.write(`Expected "serve" or "job --run ID", got "${argv[0] ?? ''}".\n`);
    process.exitCode = 64;
}
