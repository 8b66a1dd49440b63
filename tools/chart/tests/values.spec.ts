import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../src/generated.ts';
import { renderText } from '../src/index.ts';
import { listSettings } from '../src/values.ts';
import { describeChart } from './with-helm.ts';

describe('what is derived from the values', () => {
  it('is up to date (`npm run chart:docs` writes it)', async () => {
    for (const [path, text] of await generatedFiles()) expect(readFileSync(path, 'utf8'), path).toBe(text);
  });

  it('describes every setting that is not plain Kubernetes', () => {
    const own = /^(auth|tls|store|jobs\.(gpu\.)?[a-zA-Z]+|kueue|externalNats|otel\.enabled|networkPolicy)/u;
    const plain =
      /(nodeSelector|tolerations|affinity|schedulerName|runtimeClassName|labels|[aA]nnotations|extra[A-Z]\w+|serviceAccount\..*)$/u;
    const silent = listSettings().filter(
      ({ path, description }) => own.test(path) && !plain.test(path) && !description,
    );
    // A group is described at its first key.
    const groups = new Set(['tls.certManager.issuerRef', 'networkPolicy.metricsNamespaceSelector']);
    expect(
      silent.map(({ path }) => path).filter((path) => ![...groups].some((group) => path.startsWith(group))),
    ).toEqual([]);
  });
});

const refusal = async (values: object, name = 'minimal'): Promise<string> =>
  renderText(name, values).then(
    () => 'it was taken',
    (error: Error) => error.message,
  );

describeChart('values that are wrong', () => {
  it('are refused by name: typing errors, wrong types, unknown choices', async () => {
    expect(await refusal({ jobs: { memoryMB: 1 } })).toContain('memoryMB');
    expect(await refusal({ gateway: { replica: 2 } })).toContain('replica');
    expect(await refusal({ jobs: { maxAttempts: 0 } })).toContain('/jobs/maxAttempts');
    expect(await refusal({ store: { kind: 'disk' } })).toContain('/store/kind');
    expect(await refusal({ nats: { replicas: 2 } })).toContain('/nats/replicas');
    expect(await refusal({ image: { digest: 'latest' } })).toContain('/image/digest');
  });

  it('are refused where they contradict each other, with what is expected', async () => {
    expect(await refusal({ auth: { enabled: true } })).toContain('auth: expected auth.tokens.existingSecret or');
    expect(await refusal({ auth: { enabled: true, oidc: { issuer: 'https://login' } } })).toContain(
      'auth.jobToken.existingSecret: expected a Secret',
    );
    expect(await refusal({ tls: { enabled: true } })).toContain('tls: expected tls.existingSecret or');
    expect(await refusal({ nats: { enabled: false } })).toContain('externalNats.url: expected the URL');
    expect(await refusal({ store: { kind: 's3' } })).toContain('store.s3.bucket: expected a bucket');
    expect(await refusal({ store: { kind: 'folder' } })).toContain('store.folder.existingClaim: expected a claim');
    expect(await refusal({ kueue: { enabled: true } })).toContain('kueue.queueName: expected a LocalQueue');
    expect(await refusal({ routes: { enabled: true } })).toContain('routes.parentRefs: expected a Gateway');
    expect(await refusal({ ingress: { enabled: true } })).toContain('ingress.host: expected a host name');
    expect(await refusal({ jobs: { runner: 'local' }, trainer: { replicas: 2 } })).toContain(
      'trainer.replicas: expected 1',
    );
  });

  it('take every setting of `services` for each service', async () => {
    const text = await renderText('minimal', { evaluator: { preStopSeconds: 0, podAnnotations: { a: 'b' } } });
    expect(text).toContain('a: b');
  });
});
