import { ApiextensionsV1Api, CoreV1Api, CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
import { InvalidValueError } from '@medlego/errors';
import { openRegistry } from '@medlego/registry';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { registryPlatform } from './registry-platform.ts';
import { startGeneralistReconciler } from './reconciler.ts';
import { group, plural, version, type GeneralistResource, type GeneralistSpec } from './resource.ts';

/*
 * Against a real cluster, named by MEDLEGO_E2E_KUBECONFIG, that has the definition of the resource (`npm run e2e:kube` puts it there).
 */
const kubeconfig = process.env['MEDLEGO_E2E_KUBECONFIG'];
const patience = { timeout: 60_000 };

describe.skipIf(!kubeconfig)(
  kubeconfig
    ? 'Generalists in a cluster'
    : 'Generalists in a cluster (skipped: `npm run e2e:kube` runs it, with MEDLEGO_E2E_KUBECONFIG)',
  () => {
    const kubeConfig = new KubeConfig();
    const namespace = `medlego-generalists-${Date.now().toString(36)}`;
    const spec: GeneralistSpec = { tasks: ['blood', 'chest'], recipe: { method: 'med-lego' }, promote: 'Automatic' };
    const api = () => kubeConfig.makeApiClient(CustomObjectsApi);
    const target = { group, version, namespace, plural };

    beforeAll(async () => {
      kubeConfig.loadFromFile(kubeconfig!);
      await kubeConfig.makeApiClient(ApiextensionsV1Api).readCustomResourceDefinition({ name: `${plural}.${group}` });
      await kubeConfig.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name: namespace } } });
    });
    afterAll(() => kubeConfig.makeApiClient(CoreV1Api).deleteNamespace({ name: namespace }));

    const apply = (name: string, changes: object = {}) =>
      api().createNamespacedCustomObject({
        ...target,
        body: {
          apiVersion: `${group}/${version}`,
          kind: 'Generalist',
          metadata: { name },
          spec: { ...spec, ...changes },
        },
      });
    const statusOf = async (name: string) =>
      ((await api().getNamespacedCustomObject({ ...target, name })) as GeneralistResource).status;

    it('declares what is applied, and writes what becomes of it', async () => {
      const registry = await openRegistry({ kind: 'memory' });
      const tracked: string[] = [];
      const reconciler = startGeneralistReconciler({
        kubeConfig,
        namespace,
        onProblem: (error) => expect.fail(String(error)),
        platform: registryPlatform({
          registry,
          track: (name, { recipe }) => {
            tracked.push(name);
            if (recipe.method === 'alchemy')
              return Promise.reject(
                new InvalidValueError({ field: 'recipe.method', expected: 'a method', actual: 'alchemy' }),
              );
            return Promise.resolve();
          },
          accuracyOf: () => Promise.resolve(0.875),
        }),
      });
      onTestFinished(() => reconciler.close());

      await apply('chest');
      await expect.poll(async () => (await statusOf('chest'))?.conditions?.length, patience).toBe(3);
      expect(tracked).toContain('chest');

      const { version: first } = await registry.names.publish('generalist', 'chest', `sha256:${'1'.repeat(64)}`, {
        by: 'merger',
      });
      await expect.poll(async () => (await statusOf('chest'))?.gate, patience).toBe('Pending');
      const decision = { by: 'evaluator', reason: 'passed', report: `sha256:${'2'.repeat(64)}` };
      await registry.names.promote('generalist', 'chest', first, decision);
      await expect
        .poll(() => statusOf('chest'), patience)
        .toMatchObject({ version: 1, serving: 1, gate: 'Passed', accuracy: '0.875' });

      await apply('wrong', { recipe: { method: 'alchemy' } });
      await expect
        .poll(async () => (await statusOf('wrong'))?.conditions?.[0], patience)
        .toMatchObject({ type: 'Accepted', status: 'False', reason: 'InvalidValue' });
    });

    it('is refused by the server where its rules are broken', async () => {
      await expect(apply('one', { tasks: ['blood'] })).rejects.toThrow('should have at least 2 items');
      await expect(apply('twice', { tasks: ['blood', 'blood'] })).rejects.toThrow('Duplicate value');
      await expect(apply('shouting', { recipe: { method: 'TIES!' } })).rejects.toThrow('spec.recipe.method');
      await expect(apply('maybe', { promote: 'Perhaps' })).rejects.toThrow('Unsupported value');
      await expect(apply('a'.repeat(64))).rejects.toThrow('at most 63 characters');
    });
  },
);
