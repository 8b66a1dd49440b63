import { useEffect, useRef, useState } from 'preact/hooks';
import { authorization, graphUrl, modelPath, request } from '../api/client.ts';
import { type ModelDetail, type PredictionAnswer, type ServerInfo, type TaskPrediction } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { ProbabilityBars } from '../charts/probability-bars.tsx';
import { milliseconds } from '../format.ts';
import { DropZone } from '../parts/drop-zone.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { askPrivately } from '../private/ask-privately.ts';

interface Answer {
  readonly file: string;
  readonly picture: string | null;
  readonly overlay: string | null;
  readonly predictions: readonly TaskPrediction[];
  readonly where: string;
}

type Outcome =
  | { readonly state: 'idle' | 'busy' }
  | { readonly state: 'failed'; readonly message: string }
  | ({ readonly state: 'done' } & Answer);

/** One image, all tasks. */
export function TryIt({ model, features }: { readonly model: string; readonly features: ServerInfo['features'] }) {
  const detail = useResource<ModelDetail>(modelPath(model));
  return <Loaded of={detail}>{(found) => <Trial detail={found} features={features} />}</Loaded>;
}

function Trial({ detail, features }: { readonly detail: ModelDetail; readonly features: ServerInfo['features'] }) {
  const [isPrivate, setPrivate] = useState(false);
  const [file, setFile] = useState<File>();
  const [outcome, setOutcome] = useState<Outcome>({ state: 'idle' });
  const round = useRef(0);
  useEffect(() => {
    if (!file) return;
    const mine = ++round.current;
    setOutcome({ state: 'busy' });
    const picture = file.type.startsWith('image/') ? URL.createObjectURL(file) : null;
    const show = (next: Outcome) => mine === round.current && setOutcome(next);
    (isPrivate ? privately(detail, file) : onServer(detail, file, features.explain)).then(
      (answer) => show({ state: 'done', file: file.name, picture, ...answer }),
      (error: unknown) => show({ state: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      if (picture) URL.revokeObjectURL(picture);
    };
  }, [file, isPrivate, detail.artifact]);
  return (
    <>
      <section class="card try">
        <DropZone onFile={setFile} />
        {features.graph && (
          <label class="switch">
            <input type="checkbox" checked={isPrivate} onChange={(event) => setPrivate(event.currentTarget.checked)} />
            <span>
              <strong>Private mode</strong>: the model comes to this browser, and the image never leaves it.
            </span>
          </label>
        )}
      </section>
      <div aria-live="polite" aria-busy={outcome.state === 'busy'}>
        {outcome.state === 'busy' && (
          <p class="muted">{isPrivate ? 'Computing in this browser …' : 'Asking the server …'}</p>
        )}
        {outcome.state === 'failed' && <p class="notice">{outcome.message}</p>}
        {outcome.state === 'done' && <Result answer={outcome} detail={detail} />}
      </div>
    </>
  );
}

function Result({ answer, detail }: { readonly answer: Answer; readonly detail: ModelDetail }) {
  const [overlaid, setOverlaid] = useState(true);
  const kinds = new Map(detail.tasks.map((task) => [task.name, task.kind]));
  const picture = answer.overlay && overlaid ? answer.overlay : answer.picture;
  return (
    <section class="result" aria-label={`Answers about ${answer.file}`}>
      <figure class="card">
        {picture && (
          <img
            src={picture}
            alt={answer.overlay && overlaid ? `${answer.file} with attention drawn over it` : answer.file}
          />
        )}
        <figcaption>
          {answer.file}. {answer.where} Not a diagnosis.
          {answer.overlay && (
            <label class="switch">
              <input
                type="checkbox"
                checked={overlaid}
                onChange={(event) => setOverlaid(event.currentTarget.checked)}
              />
              <span>Show attention: where the backbone looked, not why it decided.</span>
            </label>
          )}
        </figcaption>
      </figure>
      <div class="answers">
        {answer.predictions.map(({ task, probabilities }) => (
          <section class="card" key={task} data-task={task}>
            <h2>{task}</h2>
            <ProbabilityBars
              probabilities={probabilities}
              multiLabel={kinds.get(task) === 'multi-label, binary-class'}
            />
          </section>
        ))}
      </div>
    </section>
  );
}

async function onServer({ name }: ModelDetail, file: File, explain: boolean) {
  const started = performance.now();
  const response = await request(modelPath(name, `predict${explain ? '?explain=rollout' : ''}`), {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: file,
  });
  const { predictions, overlay } = (await response.json()) as PredictionAnswer;
  return { predictions, overlay, where: `Answered by the server in ${milliseconds(performance.now() - started)}.` };
}

async function privately({ name, artifact, preprocess, tasks }: ModelDetail, file: File) {
  const url = graphUrl(name, artifact);
  const { predictions, ms } = await askPrivately({
    file,
    graphUrl: url,
    authorization: authorization(),
    preprocess,
    tasks,
  });
  return { predictions, overlay: null, where: `Computed in this browser in ${milliseconds(ms)}; nothing was sent.` };
}
