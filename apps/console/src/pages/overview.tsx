import { modelPath } from '../api/client.ts';
import { type EvaluatedRow, type EvaluationReport, type ModelDetail } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { IntervalPlot, type IntervalPoint } from '../charts/interval-plot.tsx';
import { intervalText, percent, shortDigest } from '../format.ts';
import { gateSentence } from '../gate-words.ts';
import { Loaded } from '../parts/loaded.tsx';
import { Versions } from './versions.tsx';

const metrics = [
  { id: 'acc', title: 'Accuracy' },
  { id: 'auc', title: 'AUC' },
] as const;

/** What a model is worth, and which version of it answers. */
export function Overview({ model, promotion }: { readonly model: string; readonly promotion: boolean }) {
  const detail = useResource<ModelDetail>(modelPath(model));
  const report = useResource<EvaluationReport>(modelPath(model, 'evaluation'));
  return (
    <Loaded of={detail}>
      {(found) => (
        <>
          <p class="lead">
            {found.tasks.length === 1 ? 'One task' : `${found.tasks.length} tasks`}, one pass of the backbone.{' '}
            {gateSentence(found)}
          </p>
          {found.nonCommercial && (
            <p class="notice">Not for commercial use: at least one of its licences forbids it.</p>
          )}
          <section class="card">
            <h2>Figures</h2>
            <Loaded of={report} none="No evaluation of this version is stored: medlego evaluate with --keep makes one.">
              {(value) => <Figures report={value} kind={found.kind} />}
            </Loaded>
          </section>
          <Versions detail={found} promotion={promotion} onChange={() => detail.state === 'ready' && detail.reload()} />
          <section class="card">
            <h2>About</h2>
            <dl class="facts">
              <dt>Artifact</dt>
              <dd>
                <code>{shortDigest(found.artifact)}</code>
              </dd>
              <dt>Backbone</dt>
              <dd>
                <code>{shortDigest(found.backbone)}</code>
              </dd>
              <dt>Licences</dt>
              <dd>{found.licences.join(', ') || 'none recorded'}</dd>
              <dt>Image</dt>
              <dd>
                {found.preprocess.imgSize} × {found.preprocess.imgSize} pixels, {found.preprocess.resize}
              </dd>
            </dl>
          </section>
        </>
      )}
    </Loaded>
  );
}

function Figures({ report, kind }: { readonly report: EvaluationReport; readonly kind: string }) {
  const rows = [kind, ...['specialist', 'probe'].filter((row) => row !== kind)];
  return (
    <>
      <p class="muted">
        On the {report.split} images, with 95 % intervals.
        {report.gainKept?.pooled != null &&
          ` Gain kept over the linear probe: ${report.gainKept.pooled.toFixed(2)} (1 is all of it).`}
      </p>
      <ul class="legend">
        {rows.map((row) => (
          <li key={row} class={`row-${row}`}>
            {row}
          </li>
        ))}
      </ul>
      <div class="scroll" tabIndex={0} role="region" aria-label="Figures per task">
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">Task</th>
              {metrics.map(({ id, title }) => (
                <th scope="col" key={id}>
                  {title} <span class="scale">0 to 100 %</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.tasks.map((task) => (
              <tr key={task.task}>
                <th scope="row">
                  {task.task}
                  <span class="sub">{task.n} images</span>
                </th>
                {metrics.map(({ id, title }) => (
                  <td key={id} data-title={title}>
                    <IntervalPlot
                      label={`${title} of ${task.task}`}
                      points={rows.flatMap((row): IntervalPoint[] =>
                        pointOf(row, row === kind ? task : task.against[row], id),
                      )}
                    />
                    <span class="sub">
                      {percent(task.metrics[id])} <span class="muted">({intervalText(task.intervals[id])})</span>
                    </span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function pointOf(row: string, figures: EvaluatedRow | undefined, metric: string): IntervalPoint[] {
  const value = figures?.metrics[metric];
  return value == null ? [] : [{ row, value, interval: figures?.intervals[metric] ?? null }];
}
