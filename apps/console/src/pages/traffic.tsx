import { useEffect, useRef, useState } from 'preact/hooks';
import { type Traffic } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { duration, milliseconds } from '../format.ts';
import { emptyCurve, rateBetween, withPoint } from '../history.ts';
import { Loaded } from '../parts/loaded.tsx';

/** What the server is asked, as it is asked. */
export function TrafficPage() {
  const traffic = useResource<Traffic>('/traffic', 2000);
  return (
    <Loaded of={traffic} none="This server does not publish its traffic.">
      {(value) => <Live traffic={value} />}
    </Loaded>
  );
}

function Live({ traffic }: { readonly traffic: Traffic }) {
  const { uptimeSeconds, models } = traffic;
  const requests = models.reduce((sum, model) => sum + model.requests, 0);
  const before = useRef<{ uptimeSeconds: number; requests: number }>(undefined);
  const [rates, setRates] = useState(emptyCurve);
  useEffect(() => {
    const last = before.current;
    if (last) {
      const rate = rateBetween(last.requests, requests, uptimeSeconds - last.uptimeSeconds);
      setRates((curve) => withPoint(curve, Date.now() / 1000, rate));
    }
    before.current = { uptimeSeconds, requests };
  }, [traffic]);
  const now = rates.values.at(-1) ?? 0;
  return (
    <>
      <p class="lead">
        {requests.toLocaleString('en')} requests in {duration(uptimeSeconds)}, {now.toFixed(1)} per second now.
      </p>
      <section class="card">
        <h2>Requests per second</h2>
        {rates.times.length > 1 ? (
          <LineChart
            label={`Requests per second, now ${now.toFixed(1)}`}
            x={rates.times}
            time
            series={[{ name: 'requests per second', colour: '--specialist', values: rates.values }]}
          />
        ) : (
          <p class="muted">The curve begins now.</p>
        )}
      </section>
      <section class="card">
        <h2>Models</h2>
        <div class="scroll" tabIndex={0} role="region" aria-label="Traffic per model">
          <table class="list">
            <caption>Latency and batch size of the last minute</caption>
            <thead>
              <tr>
                {['Model', 'Requests', 'Failures', 'p50', 'p95', 'p99', 'Mean batch', 'Queue'].map((title) => (
                  <th scope="col" key={title}>
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {models.map(({ name, requests: count, failures, latencyMs, meanBatch, queued }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{count.toLocaleString('en')}</td>
                  <td class={failures > 0 ? 'bad' : undefined}>{failures}</td>
                  <td>{latencyMs ? milliseconds(latencyMs.p50) : '–'}</td>
                  <td>{latencyMs ? milliseconds(latencyMs.p95) : '–'}</td>
                  <td>{latencyMs ? milliseconds(latencyMs.p99) : '–'}</td>
                  <td>{meanBatch?.toFixed(1) ?? '–'}</td>
                  <td>{queued}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </>
  );
}
