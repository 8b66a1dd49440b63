#!/usr/bin/env node
// Launcher: runs on any Node from 20 on and hands over to the Node 22 of the workspace, which runs the TypeScript sources as they are.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
const main = join(here, '..', 'src', 'main.ts');
const workspaceNode = join(
  here,
  '..',
  '..',
  '..',
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);
const [major, minor] = process.versions.node.split('.').map(Number);

if (major === 22 && minor >= 18) {
  await import(pathToFileURL(main).href);
} else if (!existsSync(workspaceNode)) {
  console.error('medlego: the dependencies are not installed. Run `npm ci` in the folder of the repository first.');
  process.exitCode = 1;
} else {
  // The terminal sends Ctrl-C to both processes: the child decides (checkpoint, then stop), we wait for its exit code.
  const child = spawn(workspaceNode, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    // glibc keeps freed memory below a threshold that it raises by itself: copies of weights that a session made while it was built
    // would stay with the process for good.
    env: { MALLOC_MMAP_THRESHOLD_: '1048576', ...process.env },
  });
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  child.on('error', (error) => {
    console.error(`medlego: cannot start ${workspaceNode}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('close', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
}
