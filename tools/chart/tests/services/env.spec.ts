import { readServiceConfig } from '@medlego/service';
import { expect, it } from 'vitest';
import { ciNames, pick, renderChart } from '../../src/index.ts';
import { describeChart } from '../with-helm.ts';

const envOf = async (name: string, service: string): Promise<Record<string, string>> => {
  const { env } = pick(await renderChart(name), 'Deployment', `m-medlego-${service}`)['spec'].template.spec
    .containers[0];
  return Object.fromEntries(
    env.map((item: { name: string; value?: string }) => [item.name, item.value ?? 'from-a-secret']),
  );
};

describeChart('the environment of a service', () => {
  it.each(ciNames())('of ci/%s-values.yaml is what the services read', async (name) => {
    for (const service of ['trainer', 'merger', 'evaluator']) {
      const env = await envOf(name, service);
      const config = readServiceConfig(env);
      expect(config).toMatchObject({
        MEDLEGO_RPC_HOST: '0.0.0.0',
        MEDLEGO_RPC_PORT: 7070,
        MEDLEGO_ADMIN_HOST: '0.0.0.0',
      });
      const isOpen = !config.MEDLEGO_TOKENS_FILE && !config.MEDLEGO_OIDC_ISSUER;
      expect(config.MEDLEGO_INSECURE).toBe(isOpen); // else it would not start
    }
  });

  it('names no variable of ours that a service does not know', async () => {
    // Read elsewhere: by the logger, the engine, or the resource of the merger.
    const elsewhere = new Set([
      'MEDLEGO_LOG_LEVEL',
      'MEDLEGO_DEVICE',
      'MEDLEGO_GENERALIST_RESOURCES',
      'MEDLEGO_LOG_LEVEL_BUS',
    ]);
    const known = new Set(Object.keys(readServiceConfig({})));
    for (const name of ciNames())
      for (const service of ['trainer', 'merger', 'evaluator'])
        for (const variable of Object.keys(await envOf(name, service)))
          if (variable.startsWith('MEDLEGO_') && !elsewhere.has(variable))
            expect(known, `${name} ${service}`).toContain(variable);
  });
});
