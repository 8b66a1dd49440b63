import { useEffect, useState } from 'preact/hooks';
import { type ModelList, type ServerInfo } from './api/types.ts';
import { useResource } from './api/use-resource.ts';
import { Loaded } from './parts/loaded.tsx';
import { TokenField } from './parts/token-field.tsx';
import { LineagePage } from './pages/lineage.tsx';
import { MergePage } from './pages/merge.tsx';
import { Overview } from './pages/overview.tsx';
import { RunsPage } from './pages/runs.tsx';
import { TrafficPage } from './pages/traffic.tsx';
import { TryIt } from './pages/try-it.tsx';
import { modelPages, parseRoute, toHash, type ModelPage, type Route } from './route.ts';

const titles: Readonly<Record<ModelPage, string>> = {
  overview: 'Overview',
  try: 'Try it',
  merge: 'Merge',
  lineage: 'Lineage',
};

/** The console: a frame, and the page that the address names. */
export function App() {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const server = useResource<ServerInfo>('/server');
  if (server.state === 'failed' && (server.error.status === 401 || server.error.status === 403))
    return (
      <main>
        <h1>Med-LEGO</h1>
        <p class="lead">{server.error.message}</p>
        <TokenField onChange={server.reload} />
      </main>
    );
  return <Loaded of={server}>{(info) => <Frame route={route} server={info} />}</Loaded>;
}

function Frame({ route, server: { version, features } }: { readonly route: Route; readonly server: ServerInfo }) {
  const list = useResource<ModelList>('/models', 30_000);
  const models = list.state === 'ready' ? list.value.models : [];
  const model = 'model' in route ? route.model : models[0]?.name;
  const title =
    'model' in route ? `${titles[route.page]} of ${route.model}` : route.page === 'home' ? 'Models' : route.page;
  useEffect(() => {
    document.title = `${title} · Med-LEGO`;
  }, [title]);
  const link = (to: Route, text: string) => (
    <a href={toHash(to)} aria-current={toHash(to) === toHash(route) ? 'page' : undefined}>
      {text}
    </a>
  );
  return (
    <>
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          Med-LEGO
        </a>
        <nav aria-label="Pages">
          {model && modelPages.map((page) => link({ page, model }, titles[page]))}
          {features.runs && link({ page: 'runs' }, 'Runs')}
          {features.traffic && link({ page: 'traffic' }, 'Traffic')}
        </nav>
        {model && models.length > 1 && (
          <label class="chooser">
            <span class="hidden">Model</span>
            <select
              value={model}
              onChange={({ currentTarget }) => {
                location.hash = toHash({
                  page: 'model' in route ? route.page : 'overview',
                  model: currentTarget.value,
                });
              }}
            >
              {models.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        <h1>{'model' in route ? route.model : title.replace(/^./, (first) => first.toUpperCase())}</h1>
        {'model' in route && route.page === 'overview' && (
          <Overview key={route.model} model={route.model} promotion={features.promotion} />
        )}
        {'model' in route && route.page === 'try' && (
          <TryIt key={route.model} model={route.model} features={features} />
        )}
        {'model' in route && route.page === 'merge' && <MergePage key={route.model} model={route.model} />}
        {'model' in route && route.page === 'lineage' && <LineagePage key={route.model} model={route.model} />}
        {route.page === 'runs' && <RunsPage />}
        {route.page === 'traffic' && <TrafficPage />}
        {route.page === 'home' && (
          <Loaded of={list}>
            {(value) =>
              value.models.length === 0 ? (
                <p class="muted">This server has no model yet.</p>
              ) : (
                <ul class="models">
                  {value.models.map(({ name, kind, tasks, ready }) => (
                    <li class="card" key={name}>
                      <h2>{link({ page: 'overview', model: name }, name)}</h2>
                      <p class="muted">
                        {kind}, {tasks.map((task) => task.name).join(', ')}
                        {!ready && ' · not ready'}
                      </p>
                    </li>
                  ))}
                </ul>
              )
            }
          </Loaded>
        )}
      </main>
      <footer>Med-LEGO {version} · research software, not a medical device</footer>
    </>
  );
}

/** The address names the page, so the link must not change it. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
