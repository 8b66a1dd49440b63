import { useState } from 'preact/hooks';
import { ApiError, changeServed } from '../api/client.ts';
import { type ModelDetail } from '../api/types.ts';
import { moment, shortDigest } from '../format.ts';
import { TokenField } from '../parts/token-field.tsx';

interface VersionsProps {
  readonly detail: ModelDetail;
  readonly promotion: boolean;
  readonly onChange: () => void;
}

/** Version history; where the server allows it, back to the version before and to the newest again. */
export function Versions({ detail, promotion, onChange }: VersionsProps) {
  const { versions, serving, decisions, name } = detail;
  const [said, setSaid] = useState('');
  const change = async (action: 'load' | 'rollback', done: string) => {
    try {
      await changeServed(name, action);
      setSaid(done);
      onChange();
    } catch (error) {
      setSaid(error instanceof ApiError ? error.message : String(error));
    }
  };
  return (
    <section class="card">
      <h2>Versions</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Versions">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Artifact</th>
              <th scope="col">Published</th>
              <th scope="col">By</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {versions.map(({ version, artifact, at, by }) => (
              <tr key={version}>
                <th scope="row">{version}</th>
                <td>
                  <code>{shortDigest(artifact)}</code>
                </td>
                <td>{moment(at)}</td>
                <td>{by || '–'}</td>
                <td>
                  {(serving === null ? artifact === detail.artifact : version === serving) && (
                    <strong class="good">served</strong>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {promotion && (
        <div class="actions">
          <TokenField />
          <button type="button" onClick={() => void change('load', 'The newest version is served.')}>
            Serve the newest
          </button>
          <button type="button" onClick={() => void change('rollback', 'The version before is served.')}>
            Roll back
          </button>
        </div>
      )}
      <p role="status">{said}</p>
      {decisions.length > 0 && (
        <details>
          <summary>{decisions.length === 1 ? '1 decision' : `${decisions.length} decisions`}</summary>
          <ol class="decisions">
            {decisions.map(({ outcome, version, reason: why, by, at }) => (
              <li key={`${at}${version}`}>
                {moment(at)}: version {version} {outcome.replace('-', ' ')} by {by}. {why}
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}
