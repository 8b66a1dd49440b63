// npm run console: builds apps/console into apps/console/dist. With --if-stale only if a source is newer than what was built.
import { readdirSync, rmSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const workspace = fileURLToPath(new URL('../../', import.meta.url));
const app = join(workspace, 'apps/console');
const built = join(app, 'dist');

/** Newest change among the sources, in ms. */
const newest = () =>
  Math.max(
    ...[
      'index.html',
      'package.json',
      ...readdirSync(join(app, 'src'), { recursive: true }).map((file) => join('src', file)),
    ].map((file) => statSync(join(app, file)).mtimeMs),
  );

const isFresh = () => {
  try {
    return statSync(join(built, 'index.html')).mtimeMs >= newest();
  } catch {
    return false;
  }
};

/** Builds beside, then swaps: who serves `dist` meanwhile never sees half of it. */
export async function buildConsole({ ifStale = false } = {}) {
  if (ifStale && isFresh()) return built;
  const { build } = await import('vite');
  const fresh = join(workspace, `node_modules/.cache/medlego/console-${process.pid}`);
  await build({
    root: app,
    configFile: false,
    logLevel: 'warn',
    base: './',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    worker: { format: 'es' },
    build: { outDir: fresh, emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 2000, assetsInlineLimit: 0 },
  });
  rmSync(built, { recursive: true, force: true });
  renameSync(fresh, built);
  return built;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildConsole({ ifStale: process.argv.includes('--if-stale') });
  console.log('Built apps/console/dist.');
}
