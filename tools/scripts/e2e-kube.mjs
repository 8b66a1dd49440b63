// `npm run e2e:kube`: the suites that need a real cluster, against the one that KUBECONFIG names. There is no default: they create
// a namespace, run pods in it and remove it.
import { existsSync } from 'node:fs';
import { ensureInstalled, run, toolEnvironment } from './workspace.mjs';

const kubeconfig = process.env.KUBECONFIG;
if (!kubeconfig || !existsSync(kubeconfig)) {
  console.error(`KUBECONFIG: expected the file of a cluster for tests, got ${kubeconfig ?? 'nothing'}.`);
  process.exit(64);
}
await ensureInstalled();
const suites = ['libs/jobs/src/kubernetes/cluster.spec.ts'];
process.exitCode = await run('vitest', ['run', ...suites, ...process.argv.slice(2)], {
  env: { ...toolEnvironment(), MEDLEGO_E2E_KUBECONFIG: kubeconfig },
});
