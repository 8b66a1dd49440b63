import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Source {
  readonly module: string;
  /** Folder in the module. */
  readonly folder: string;
  readonly files: RegExp;
}

/** Definitions that our objects need on a bare cluster; all are files of Go modules. */
const sources: readonly Source[] = [
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    folder: 'example/prometheus-operator-crd',
    files: /_(servicemonitors|prometheusrules)\.yaml$/u,
  },
  {
    module: 'sigs.k8s.io/gateway-api@v1.6.3',
    folder: 'config/crd/standard',
    files: /_(gateways|gatewayclasses|httproutes|grpcroutes)\.yaml$/u,
  },
  {
    module: 'sigs.k8s.io/kueue@v0.17.0',
    folder: 'config/components/crd/bases',
    files: /_(clusterqueues|localqueues|resourceflavors|workloadpriorityclasses)\.yaml$/u,
  },
  {
    module: 'github.com/cert-manager/cert-manager@v1.21.2',
    folder: 'deploy/crds',
    files: /^cert-manager\.io_certificates\.yaml$/u,
  },
];

/** Files of the definitions. Rejects if Go or its modules cannot be had. */
export async function crdFiles(): Promise<string[]> {
  const found = sources.map(async ({ module, folder, files }) => {
    const { stdout } = await run('go', ['mod', 'download', '-json', module], { cwd: tmpdir() });
    const path = join((JSON.parse(stdout) as { Dir: string }).Dir, folder);
    const names = readdirSync(path).filter((name) => files.test(name));
    if (names.length === 0) throw new Error(`${module}: expected files like ${String(files)} in ${folder}, got none`);
    return names.map((name) => join(path, name));
  });
  return (await Promise.all(found)).flat();
}
