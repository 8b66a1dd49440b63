// `npm run e2e`: the suites of apps/e2e: services in processes of their own on a real broker, and what goes wrong there. About ten minutes.
//   E2E_KILLS  at how many random instants a process is killed (default 10)
// Arguments go to vitest: npm run e2e -- 3-broker
import { ensureServer } from './servers.mjs';
import { ensureInstalled, run, toolEnvironment, workspaceNode } from './workspace.mjs';

await ensureInstalled();
try {
  ensureServer('nats-server', (line) => console.log(line));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'apps/e2e/vitest.config.mjs'];
process.exitCode = await run(workspaceNode(), [...vitest, ...process.argv.slice(2)], { env: toolEnvironment() });
