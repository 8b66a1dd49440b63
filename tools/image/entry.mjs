// Entry of the container image: the first argument names the program, the rest is its own. The program runs in this process, so that it is
// PID 1 and gets SIGTERM itself.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('../..', import.meta.url));
const programs = {
  trainer: 'apps/trainer/src/main.ts',
  merger: 'apps/merger/src/main.ts',
  evaluator: 'apps/evaluator/src/main.ts',
  gateway: 'apps/inference-gateway/src/main.ts',
  medlego: 'apps/cli/src/main.ts',
  probe: 'tools/image/probe.mjs',
};

const [name, ...args] = process.argv.slice(2);
const program = Object.hasOwn(programs, name ?? '') ? programs[name] : undefined;
if (program) {
  const path = join(root, program);
  process.argv = [process.argv[0], path, ...args];
  await import(pathToFileURL(path).href);
} else {
  console.error(`expected one of ${Object.keys(programs).join(', ')}, got ${name ?? 'nothing'}.`);
  process.exitCode = 64;
}
