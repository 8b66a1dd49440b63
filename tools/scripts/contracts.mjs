// npm run contracts: lints the .proto files, generates their TypeScript and the reference pages.
// npm run contracts -- release: makes the contracts as they are what later changes must not break.
import { join } from 'node:path';
import { ensureInstalled, root, run, toolEnvironment } from './workspace.mjs';

await ensureInstalled();
const env = toolEnvironment();
const cwd = join(root, 'libs/contracts');
const steps =
  process.argv[2] === 'release'
    ? [['buf', ['build', '--exclude-source-info', '-o', 'released/medlego-v1.binpb']]]
    : [
        ['buf', ['lint']],
        ['buf', ['format', '--write', 'proto']],
        ['buf', ['generate']],
        ['buf', ['build', '--exclude-source-info', '--as-file-descriptor-set', '-o', 'src/generated/medlego-v1.binpb']],
        ['vitest', ['run', '--update', '--root', root, 'libs/contracts/tests/reference.spec.ts']],
      ];
for (const [command, args] of steps) {
  process.exitCode = await run(command, args, { cwd, env });
  if (process.exitCode !== 0) break;
}
