// `npm run e2e:kube`: the suites that need a real cluster, against the one that KUBECONFIG names. There is no default: they create
// namespaces, run pods in them and remove them, and leave definitions of custom resources.
//   MEDLEGO_E2E_NODE_IMAGE  an image with `node` that the nodes can have (default node:22-bookworm-slim)
//   MEDLEGO_E2E_IMAGE       the project's image, as the nodes know it; without it nothing is installed
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, resolve } from 'node:path';
import { ensureKubeTool } from './kube-tools.mjs';
import { ensureInstalled, run, toolEnvironment } from './workspace.mjs';

const kubeconfig = process.env.KUBECONFIG && resolve(process.env.KUBECONFIG);
if (!kubeconfig || !existsSync(kubeconfig)) {
  console.error(`KUBECONFIG: expected the file of a cluster for tests, got ${kubeconfig ?? 'nothing'}.`);
  process.exit(64);
}
await ensureInstalled();
const env = { ...toolEnvironment(), MEDLEGO_E2E_KUBECONFIG: kubeconfig };
try {
  const folders = ['helm', 'kubectl'].map((tool) => dirname(ensureKubeTool(tool, (line) => console.error(line))));
  env.PATH = [...new Set(folders), env.PATH].join(delimiter);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

// The definition of Generalist comes from the chart.
const options = ['--set', 'auth.enabled=false', '--set', 'crds.enabled=true'];
const only = ['--show-only', 'templates/crds/generalists.yaml'];
const rendered = spawnSync('helm', ['template', 'medlego', 'helm/medlego', ...options, ...only], {
  env,
  encoding: 'utf8',
});
const apply = ['--kubeconfig', kubeconfig, 'apply', '--server-side', '--force-conflicts', '-f', '-'];
const applied = spawnSync('kubectl', apply, { env, encoding: 'utf8', input: rendered.stdout });
if (rendered.status !== 0 || applied.status !== 0) {
  console.error(rendered.stderr || applied.stderr);
  process.exit(1);
}

const suites = [
  'tools/chart/tests/cluster.spec.ts',
  'tools/chart/tests/install.spec.ts',
  'libs/jobs/src/kubernetes/cluster.spec.ts',
  'libs/generalist-resource/src/cluster.spec.ts',
];
const args = process.argv.slice(2);
process.exitCode = await run('vitest', ['run', '--no-file-parallelism', ...(args.length > 0 ? args : suites)], { env });
