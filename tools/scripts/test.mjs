// npm test: set-up, then formatting, lint, types and all specs (unit, integration, README examples). Ends with "N passed, N failed".
// Arguments go to vitest: npm test -- libs/merging
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { ensureServer, servers } from './servers.mjs';
import { ensureInstalled, run, toolEnvironment, workspaceNode } from './workspace.mjs';

await ensureInstalled();
// Specs of the bus, the registry and the remote drivers run against real servers. Those that need one that is missing fail and say so.
for (const name of Object.keys(servers)) {
  try {
    ensureServer(name, (line) => console.log(line));
  } catch (error) {
    console.error(error.message);
  }
}
try {
  ensureChromium((line) => console.log(line));
} catch (error) {
  console.error(error.message); // its specs are skipped, and say so
}
const env = toolEnvironment();
const tool = (name, entry, args) => {
  console.log(`\n== ${name}`);
  return run(workspaceNode(), [entry, ...args], { env });
};

const started = Date.now();
const vitestArgs = process.argv.slice(2);
const failures = [];
const step = async (name, entry, args) => {
  if ((await tool(name, entry, args)) !== 0) failures.push(name);
};
if (vitestArgs.length === 0) {
  await step('format', 'node_modules/prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']);
  await step('lint and types', 'node_modules/nx/dist/bin/nx.js', [
    'run-many',
    '-t',
    'lint',
    'typecheck',
    '--outputStyle=static',
    '--parallel=2',
  ]);
}

const folder = mkdtempSync(join(tmpdir(), 'medlego-test-'));
const reportFile = join(folder, 'report.json');
await step('specs', 'node_modules/vitest/vitest.mjs', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${reportFile}`,
  ...vitestArgs,
]);
let counts = { passed: 0, failed: 1, skipped: 0 };
try {
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numFailedTestSuites * (report.numFailedTests === 0),
    skipped: report.numPendingTests,
  };
} catch (error) {
  console.error(`No report of the specs: ${error.message}`);
}
rmSync(folder, { recursive: true, force: true });

const checksFailed = failures.filter((name) => name !== 'specs');
if (checksFailed.length > 0) console.log(`\nFailed: ${checksFailed.join(', ')}`);
const passedChecks = vitestArgs.length === 0 ? 2 - checksFailed.length : 0;
const failed = counts.failed + checksFailed.length + (failures.includes('specs') && counts.failed === 0 ? 1 : 0);
console.log(`\nTime: ${((Date.now() - started) / 60000).toFixed(1)} minutes`);
console.log(`${counts.passed + passedChecks} passed, ${failed} failed, ${counts.skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
