// What the root scripts share. Plain JavaScript: it runs on the machine's own Node (20 or newer), before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The Node 22 that the npm package `node` brings; every TypeScript source of the workspace runs on it. */
export const workspaceNode = () =>
  join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** Runs a program with our terminal and resolves to its exit code. Signals reach it through the process group or are passed on. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const passOn = (signal) => child.kill(signal);
    const ignore = () => {};
    process.on('SIGINT', ignore).on('SIGTERM', passOn);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', ignore).off('SIGTERM', passOn);
      resolve(code ?? (signal ? 1 : 0));
    });
  });
}

const digestOfLock = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

const stampFile = () => join(root, 'node_modules', '.medlego-installed');

export const isInstalled = () =>
  existsSync(workspaceNode()) && existsSync(stampFile()) && readFileSync(stampFile(), 'utf8') === digestOfLock();

/** Installs the dependencies that package-lock.json names, unless they are there. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  console.error('Installing dependencies (npm ci); about a minute, once ...');
  const started = Date.now();
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const code = await run(npm, ['ci', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 2] });
  if (code !== 0) {
    console.error(`npm ci failed with exit code ${code}. Is the package registry reachable?`);
    process.exit(code);
  }
  writeFileSync(stampFile(), digestOfLock());
  console.error(`Dependencies are there (${((Date.now() - started) / 1000).toFixed(0)} s).`);
}

/** The environment in which workspace tools run: Node 22 first on PATH, no Nx daemon, cloud or telemetry. */
export const toolEnvironment = () => ({
  ...process.env,
  PATH: `${join(root, 'node_modules', 'node', 'bin')}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
  NX_DAEMON: 'false',
  NX_NO_CLOUD: 'true',
  NX_TUI: 'false',
  DO_NOT_TRACK: '1',
});
