import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { crdFiles } from '../src/crds.ts';
import { ciNames, parseObjects, renderText } from '../src/index.ts';
import { workspaceRoot } from '../src/paths.ts';

/*
 * A real API server judges every object: its schemas, its admission, Pod Security. Nothing is left there but the definitions of
 * custom resources that it did not have.
 */
const kubeconfig = process.env['MEDLEGO_E2E_KUBECONFIG'];
const namespace = `medlego-chart-${Date.now().toString(36)}`;
const overlays = ['laptop', 'kueue', 'gateway-api', 'reproduce', 'network-policy'];

const kubectl = async (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)('kubectl', ['--kubeconfig', kubeconfig!, ...args], { maxBuffer: 64 * 1024 ** 2 });

const restricted = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`);

describe.skipIf(!kubeconfig)(
  kubeconfig
    ? 'a real API server'
    : 'a real API server (skipped: `npm run e2e:kube` runs it, with MEDLEGO_E2E_KUBECONFIG)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'medlego-chart-'));
    /** Namespaces that are there for the time of the tests. */
    const namespaces = [namespace];

    beforeAll(async () => {
      for (const file of await crdFiles()) await kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
      await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
      if (!(await kubectl('get', 'namespaces', '-o', 'name')).stdout.split('\n').includes('namespace/medlego'))
        namespaces.push('medlego'); // of the overlays
      for (const name of namespaces) {
        await kubectl('create', 'namespace', name);
        await kubectl('label', 'namespace', name, ...restricted);
      }
    });
    afterAll(async () => {
      rmSync(folder, { recursive: true, force: true });
      for (const name of namespaces) await kubectl('delete', 'namespace', name, '--wait=false');
    });

    /** What the server says to objects: a line for each, and its warnings, such as those of Pod Security. */
    const judge = async (yaml: string, scope: string): Promise<{ verdicts: string[]; warnings: string }> => {
      const file = join(folder, 'objects.yaml');
      writeFileSync(file, yaml.replaceAll('namespace: imaging', `namespace: ${scope}`));
      const dryRun = [
        'apply',
        '--server-side',
        '--dry-run=server',
        '--validate=strict',
        '--namespace',
        scope,
        '-f',
        file,
      ];
      const { stdout, stderr } = await kubectl(...dryRun);
      return { verdicts: stdout.trim().split('\n'), warnings: stderr };
    };
    const expectTaken = async (yaml: string, scope: string) => {
      const { verdicts, warnings } = await judge(yaml, scope);
      expect(warnings).toBe('');
      expect(verdicts.length).toBe((yaml.match(/^kind: /gmu) ?? []).length);
      for (const verdict of verdicts) expect(verdict).toContain('serverside-applied (server dry run)');
    };

    it.each(ciNames())('takes every object of ci/%s-values.yaml', async (name) => {
      await expectTaken(await renderText(name), namespace);
    });

    it.each(overlays)('takes every object of k8s/%s', async (name) => {
      await expectTaken((await kubectl('kustomize', join(workspaceRoot, 'k8s', name))).stdout, 'medlego');
    });

    it('takes the chart with the values of a laptop', async () => {
      const values = parse(readFileSync(join(workspaceRoot, 'k8s/laptop/values.yaml'), 'utf8')) as object;
      await expectTaken(await renderText('minimal', values), 'medlego');
    });

    it('would say so if a pod broke the restricted standard, or a field were wrong', async () => {
      const loose = { containerSecurityContext: { allowPrivilegeEscalation: true } };
      const deployments = parseObjects(await renderText('minimal', loose)).filter(({ kind }) => kind === 'Deployment');
      const yaml = deployments.map((object) => stringify(object)).join('---\n');
      expect((await judge(yaml, namespace)).warnings).toContain('would violate PodSecurity');
      await expect(judge(yaml.replaceAll('containerPort:', 'containerPorts:'), namespace)).rejects.toThrow(
        'containerPorts',
      );
    });

    it('is asked for every folder of k8s', () => {
      const folders = readdirSync(join(workspaceRoot, 'k8s'), { withFileTypes: true }).filter((entry) =>
        entry.isDirectory(),
      );
      expect(folders.map((entry) => entry.name).sort()).toEqual([...overlays].sort());
    });
  },
);
