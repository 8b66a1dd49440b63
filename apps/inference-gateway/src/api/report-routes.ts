import type { FastifyInstance } from 'fastify';
import { readEvaluation } from '@medlego/workflows';
import type { ModelHost } from '../models/model-host.ts';
import { createGraphFiles } from './graph-files.ts';
import { readMergeReport } from './merge-report.ts';

interface Named {
  readonly Params: { readonly name: string };
}

/** What a model's artifact holds beyond its facts: the newest evaluation, the merge report, and the model as an ONNX graph. */
export function registerReports(app: FastifyInstance, host: ModelHost): void {
  const graphs = createGraphFiles(host.store);
  app.addHook('onClose', () => graphs.close());
  app.get<Named>('/api/v1/models/:name/evaluation', async ({ params: { name } }, reply) => {
    const report = await readEvaluation(host.store, host.current(name).artifact);
    return (
      report ??
      reply
        .code(404)
        .send({ error: `No evaluation of ${name} is stored. \`medlego evaluate ${name} --keep\` makes one.` })
    );
  });
  app.get<Named>('/api/v1/models/:name/merge-report', async ({ params: { name } }, reply) => {
    const report = await readMergeReport(host.store, host.current(name).artifact);
    return report ?? reply.code(404).send({ error: `${name} was not made by a merge.` });
  });
  app.get<Named>('/api/v1/models/:name/graph.onnx', async ({ params: { name } }, reply) =>
    reply.type('application/octet-stream').send(await graphs.open(host.current(name))),
  );
}
