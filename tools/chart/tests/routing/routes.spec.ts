import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pick, renderChart } from '../../src/index.ts';
import { workspaceRoot } from '../../src/paths.ts';
import { describeChart } from '../with-helm.ts';

/** Full names of the gRPC services that the contracts define. */
function servicesOfContracts(): string[] {
  const folders = ['libs/contracts/proto/medlego/v1', 'apps/inference-gateway/proto'].map((path) =>
    join(workspaceRoot, path),
  );
  const files = folders.flatMap((folder) =>
    readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8')),
  );
  return files.flatMap((text) => {
    const scope = /^package ([\w.]+);/mu.exec(text)![1];
    return [...text.matchAll(/^service (\w+)/gmu)].map(([, name]) => `${scope}.${name}`);
  });
}

describeChart('routes', () => {
  it('lead every gRPC service of the contracts to a Service that is there', async () => {
    const objects = await renderChart('ha');
    const { rules } = pick(objects, 'GRPCRoute', 'm-medlego')['spec'];
    const routed = rules.flatMap(({ matches }: { matches: { method: { service: string } }[] }) =>
      matches.map(({ method }) => method.service),
    );
    expect(routed.sort()).toEqual(servicesOfContracts().sort());
    for (const { backendRefs } of rules) {
      const { ports } = pick(objects, 'Service', backendRefs[0].name)['spec'];
      expect(ports.map(({ port }: { port: number }) => port)).toContain(backendRefs[0].port);
    }
  });

  it('say the same in an Ingress, whose gRPC half has the annotations for it', async () => {
    const objects = await renderChart('ha');
    const grpc = pick(objects, 'Ingress', 'm-medlego-grpc');
    const paths = grpc['spec'].rules[0].http.paths.map(({ path }: { path: string }) => path.slice(1, -1));
    expect(paths.sort()).toEqual(servicesOfContracts().sort());
    expect(grpc.metadata.annotations).toMatchObject({ 'nginx.ingress.kubernetes.io/backend-protocol': 'GRPC' });
    expect(pick(objects, 'Ingress', 'm-medlego').metadata.annotations).toEqual({ 'example.org/owner': 'imaging' });
  });
});
