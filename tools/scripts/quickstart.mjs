// npm run quickstart: set-up, then the main job on real images.
import { join } from 'node:path';
import { ensureInstalled, root, run } from './workspace.mjs';

await ensureInstalled();
process.exitCode = await run(process.execPath, [
  join(root, 'apps/cli/bin/medlego.mjs'),
  'demo',
  ...process.argv.slice(2),
]);
