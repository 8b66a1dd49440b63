// A Chromium for the browser tests: found on PATH (or named in MEDLEGO_CHROMIUM), else installed once where root and apt allow.
import { spawnSync } from 'node:child_process';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const isThere = (program) => spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0;

/** Throws an Error that says what to do where there is none. */
export function ensureChromium(log = () => {}) {
  if (process.env.MEDLEGO_CHROMIUM || names.some(isThere)) return;
  if (process.getuid?.() === 0 && isThere('apt-get')) {
    log('Installing Chromium for the tests of the console, once ...');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args) => spawnSync('apt-get', ['-q', '-y', ...args], { env, stdio: 'ignore' }).status === 0;
    if (apt('update') && apt('install', '--no-install-recommends', 'chromium')) return;
  }
  throw new Error('Chromium is needed for the tests of the console: install it, or name one in MEDLEGO_CHROMIUM.');
}
