import { describe, expect, it } from 'vitest';
import { ciNames, renderAfresh, renderChart, renderText, type KubeObject } from '../src/index.ts';
import { describeChart } from './with-helm.ts';

/** The pod of whatever makes one. */
const podSpecOf = (object: KubeObject) =>
  object.kind === 'Pod'
    ? object['spec']
    : ['Deployment', 'StatefulSet'].includes(object.kind)
      ? object['spec'].template.spec
      : undefined;

describeChart('every object', () => {
  describe.each(ciNames())('of ci/%s-values.yaml', (name) => {
    it('stands in the release, once, with the usual labels and no key twice', async () => {
      const objects = await renderChart(name);
      const identities = objects.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`);
      expect(new Set(identities).size).toBe(identities.length);
      for (const { kind, metadata } of objects) {
        if (metadata.name === 'm-extra') continue; // the installer's own
        expect.soft(metadata.labels, metadata.name).toMatchObject({
          'app.kubernetes.io/part-of': 'medlego',
          'app.kubernetes.io/instance': 'm',
        });
        if (kind !== 'CustomResourceDefinition') expect.soft(metadata.namespace, metadata.name).toBe('imaging');
      }
    });

    it('obeys the restricted Pod Security Standard, names each variable once, and states what it takes', async () => {
      for (const object of await renderChart(name)) {
        const pod = podSpecOf(object);
        if (!pod) continue;
        const { metadata } = object;
        expect.soft(pod.securityContext, metadata.name).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect.soft(pod.securityContext.runAsUser, metadata.name).toBeGreaterThan(0);
        expect.soft(pod.enableServiceLinks, metadata.name).toBe(false);
        for (const container of pod.containers) {
          expect.soft(container.securityContext, metadata.name).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          const names = (container.env ?? []).map((variable: { name: string }) => variable.name);
          expect.soft(names, metadata.name).toEqual([...new Set(names)]);
          expect.soft(container.resources.requests.memory, metadata.name).toBeTruthy();
          expect.soft(container.resources.limits.memory, metadata.name).toBeTruthy();
          expect.soft(container.image, metadata.name).not.toMatch(/:latest$|:$/u);
        }
      }
    });

    it('asks for no right beyond its namespace, and gives a token only to who makes Jobs', async () => {
      const objects = await renderChart(name);
      expect(objects.filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([]);
      const withToken = objects.filter(
        (object) => podSpecOf(object)?.automountServiceAccountToken !== false && podSpecOf(object),
      );
      const makers = ['m-medlego-evaluator', ...(name === 'gpu' ? ['m-medlego-merger'] : []), 'm-medlego-trainer']; // gpu has the resource
      expect(withToken.map(({ metadata }) => metadata.name).sort()).toEqual(makers);
      for (const role of objects.filter(({ kind }) => kind === 'Role'))
        for (const { resources, verbs } of role['rules']) {
          expect(resources).not.toContain('*');
          expect(resources).not.toContain('secrets');
          expect(verbs).not.toContain('*');
        }
    });

    it('renders the same twice, so that an upgrade without a change changes nothing', async () => {
      expect(await renderAfresh(name)).toBe(await renderText(name));
    });
  });
});
