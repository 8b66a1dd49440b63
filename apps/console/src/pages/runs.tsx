import { useEffect, useRef, useState } from 'preact/hooks';
import { type RunInfo, type RunList } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { duration, moment, percent } from '../format.ts';
import { emptyCurve, withPoint, type Curve } from '../history.ts';
import { Loaded } from '../parts/loaded.tsx';

/** Runs as they go on. A loss curve begins when this page is opened: the registry keeps the newest value only. */
export function RunsPage() {
  const list = useResource<RunList>('/runs', 2000);
  return (
    <Loaded of={list} none="This server has no registry, so it knows no runs.">
      {({ runs }) => (
        <>
          <p class="lead">
            {runs.filter((run) => run.state === 'running').length} running, {runs.length} shown. Curves grow while this
            page is open.
          </p>
          {runs.length === 0 && <p class="muted">Nothing was submitted yet.</p>}
          {runs.map((run) => (
            <RunCard key={run.id} run={run} />
          ))}
        </>
      )}
    </Loaded>
  );
}

function RunCard({ run }: { readonly run: RunInfo }) {
  const losses = useLosses(run);
  const { fraction, etaSeconds, imagesPerSecond, lastLoss, message } = run.progress;
  return (
    <section class="card run">
      <h2>
        {run.name} <span class={`state state-${run.state}`}>{run.state}</span>
      </h2>
      <p class="muted">
        {run.kind} · {moment(run.created)} · <code>{run.id}</code>
      </p>
      {run.state === 'running' && (
        <>
          <progress max="1" value={fraction} aria-label={`Progress of ${run.name}`} />
          <p>
            {percent(fraction, 0)} · {message || 'at work'} · {duration(etaSeconds)} left
            {imagesPerSecond !== null && ` · ${imagesPerSecond.toFixed(0)} images/s`}
            {lastLoss !== null && ` · loss ${lastLoss.toPrecision(4)}`}
          </p>
          {losses.times.length > 1 && (
            <LineChart
              label={`Loss of ${run.name}, now ${lastLoss?.toPrecision(4)}`}
              x={losses.times}
              time
              height={150}
              series={[{ name: 'loss', colour: '--generalist', values: losses.values }]}
            />
          )}
        </>
      )}
      {run.error && <p class="notice">{run.error.message}</p>}
    </section>
  );
}

function useLosses({ updated, progress: { lastLoss } }: RunInfo): Curve {
  const [curve, setCurve] = useState(emptyCurve);
  const last = useRef('');
  useEffect(() => {
    if (lastLoss === null || last.current === updated) return;
    last.current = updated;
    setCurve((current) => withPoint(current, Date.parse(updated) / 1000, lastLoss));
  }, [updated, lastLoss]);
  return curve;
}
