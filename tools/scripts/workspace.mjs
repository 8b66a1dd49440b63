// What the root scripts share. Plain JavaScript: it runs on the machine's own Node (20 or newer), before anything is installed.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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

const packagesOf = (lockFile) => JSON.parse(readFileSync(lockFile, 'utf8')).packages;

/** Whether node_modules holds what package-lock.json names: npm leaves a lock file of what it installed there. */
export function isInstalled() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(workspaceNode()) || !existsSync(installedFile)) return false;
  const installed = packagesOf(installedFile);
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/')) return true; // the workspaces themselves
    const found = installed[path];
    return found ? found.version === wanted.version : wanted.optional || wanted.devOptional || wanted.peer;
  });
}

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
  console.error(`Dependencies are there (${((Date.now() - started) / 1000).toFixed(0)} s).`);
}

/** The environment in which workspace tools run: Node 22 first on PATH, no Nx daemon, cloud or telemetry. */
export const toolEnvironment = () => ({
  MALLOC_MMAP_THRESHOLD_: '1048576', // as apps/cli/bin/medlego.mjs sets it, and why
  ...process.env,
  PATH: `${join(root, 'node_modules', 'node', 'bin')}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
  NX_DAEMON: 'false',
  NX_NO_CLOUD: 'true',
  NX_TUI: 'false',
  DO_NOT_TRACK: '1',
});
