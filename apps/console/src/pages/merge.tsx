import { useState } from 'preact/hooks';
import { modelPath } from '../api/client.ts';
import { type MergeReport, type PairFigures } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { HeatTable } from '../charts/heat-table.tsx';
import { LineChart } from '../charts/line-chart.tsx';
import { percent } from '../format.ts';
import { Loaded } from '../parts/loaded.tsx';

/** What the merge did: what it kept of each member, layer by layer, and who is in whose way. */
export function MergePage({ model }: { readonly model: string }) {
  const report = useResource<MergeReport>(modelPath(model, 'merge-report'));
  return (
    <Loaded of={report} none="This model was not made by a merge, so there is nothing to report.">
      {(value) => <Report report={value} />}
    </Loaded>
  );
}

function Report({ report: { method, space, members, modules, totals, warnings } }: { readonly report: MergeReport }) {
  const names = members.map(({ name }) => name);
  return (
    <>
      <p class="lead">
        {members.length} specialists merged by {method} in {space} space: rank {totals.rank} in all,{' '}
        {totals.parameters.toLocaleString('en')} numbers, {percent(totals.energyKept)} of the merged energy kept.
      </p>
      {warnings.map(({ message }) => (
        <p class="notice" key={message}>
          {message}
        </p>
      ))}
      <section class="card">
        <h2>Energy kept</h2>
        <p class="muted">
          The share of each member’s own update that lies in the directions which were kept. Energy is the squared
          Frobenius norm.
        </p>
        <HeatTable
          caption="Energy kept per layer and task"
          corner="Layer"
          columns={['all', ...names]}
          rows={[
            {
              name: 'whole adapter',
              values: [totals.energyKept, ...names.map((name) => totals.perTask[name] ?? null)],
            },
            ...modules.map(({ module, energyKept, perTask }) => ({
              name: module,
              values: [energyKept, ...names.map((name) => perTask[name] ?? null)],
            })),
          ]}
          text={(value) => `${(100 * value).toFixed(0)} %`}
          strength={(value) => value}
        />
      </section>
      <section class="card">
        <h2>Interference</h2>
        <p class="muted">
          The cosine of two members’ whole updates: 0 means they are not in each other’s way, 1 that they say the same,
          below 0 that they pull apart.
        </p>
        <HeatTable
          caption="Cosine between members"
          corner="Member"
          columns={names}
          rows={names.map((a) => ({ name: a, values: names.map((b) => cosineOf(totals.pairs, a, b)) }))}
          text={(value) => value.toFixed(2)}
          strength={Math.abs}
        />
      </section>
      <Spectrum modules={modules} />
    </>
  );
}

function Spectrum({ modules }: Pick<MergeReport, 'modules'>) {
  const [chosen, setChosen] = useState(modules[0]?.module);
  const module = modules.find((one) => one.module === chosen);
  if (!module) return null;
  const { singularValues, k, energyKept } = module;
  return (
    <section class="card">
      <h2>Spectrum</h2>
      <p>
        <label for="module">Layer</label>{' '}
        <select id="module" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
          {modules.map((one) => (
            <option key={one.module}>{one.module}</option>
          ))}
        </select>{' '}
        <span class="muted">
          {k} of {singularValues.length} directions kept, {percent(energyKept)} of the energy
        </span>
      </p>
      <LineChart
        label={`Singular values of ${module.module} from ${singularValues[0]?.toPrecision(3)} down to ${singularValues.at(-1)?.toPrecision(3)}; the first ${k} are kept`}
        x={singularValues.map((_, index) => index + 1)}
        time={false}
        series={[
          {
            name: 'kept',
            colour: '--generalist',
            values: singularValues.map((value, index) => (index < k ? value : null)),
          },
          { name: 'cut', colour: '--muted', values: singularValues.map((value, index) => (index >= k ? value : null)) },
        ]}
      />
      <ul class="legend">
        <li class="row-generalist">kept</li>
        <li class="row-majority">cut</li>
      </ul>
    </section>
  );
}

const cosineOf = (pairs: readonly PairFigures[], a: string, b: string): number | null =>
  a === b
    ? 1
    : (pairs.find((pair) => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a))?.update ?? null);
