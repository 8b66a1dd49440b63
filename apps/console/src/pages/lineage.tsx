import { modelPath } from '../api/client.ts';
import { type Lineage } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { shortDigest } from '../format.ts';
import { placeLineage, type PlacedItem } from '../lineage-layers.ts';
import { Loaded } from '../parts/loaded.tsx';

const size = { width: 260, height: 58, gapX: 70, gapY: 14 };
const left = ({ column }: PlacedItem) => column * (size.width + size.gapX);
const top = ({ row }: PlacedItem) => row * (size.height + size.gapY);

/** What a model was made from, down to data sets and their licences: as a picture, and as a table of the same. */
export function LineagePage({ model }: { readonly model: string }) {
  const lineage = useResource<Lineage>(modelPath(model, 'lineage'));
  return (
    <Loaded of={lineage}>
      {({ nodes }) => (
        <>
          <p class="lead">
            From left to right: the model, its specialists, and the backbone and data sets that those were trained on.
          </p>
          <section class="card">
            <h2>Graph</h2>
            <Graph placed={placeLineage(nodes)} />
          </section>
          <section class="card">
            <h2>Licences</h2>
            <div class="scroll" tabIndex={0} role="region" aria-label="Artifacts and licences">
              <table class="list">
                <thead>
                  <tr>
                    <th scope="col">Artifact</th>
                    <th scope="col">Kind</th>
                    <th scope="col">Digest</th>
                    <th scope="col">Licences</th>
                    <th scope="col">Commercial use</th>
                  </tr>
                </thead>
                <tbody>
                  {nodes.map((node) => (
                    <tr key={node.artifact}>
                      <th scope="row">{titleOf(node)}</th>
                      <td>{node.kind ?? 'not in this store'}</td>
                      <td>
                        <code>{shortDigest(node.artifact)}</code>
                      </td>
                      <td>{node.licences.join(', ') || 'none recorded'}</td>
                      <td>{node.nonCommercial ? <strong class="bad">no</strong> : 'not excluded'}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </section>
        </>
      )}
    </Loaded>
  );
}

const titleOf = ({ names, tasks, artifact }: Lineage['nodes'][number]): string =>
  names[0] ?? (tasks.join(', ') || shortDigest(artifact));

function Graph({ placed }: { readonly placed: readonly PlacedItem[] }) {
  const byId = new Map(placed.map((one) => [one.item.artifact, one]));
  const width = Math.max(...placed.map(left)) + size.width;
  const height = Math.max(...placed.map(top)) + size.height;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Lineage graph; the table below says the same">
      <svg
        class="lineage"
        width={width + 2}
        height={height + 2}
        viewBox={`-1 -1 ${width + 2} ${height + 2}`}
        aria-hidden="true"
      >
        {placed.flatMap((child) =>
          child.item.parents.flatMap(({ artifact }) => {
            const parent = byId.get(artifact);
            return parent ? [<path key={child.item.artifact + artifact} d={edge(child, parent)} />] : [];
          }),
        )}
        {placed.map((one) => (
          <g
            key={one.item.artifact}
            class={`node kind-${one.item.kind ?? 'missing'}`}
            transform={`translate(${left(one)} ${top(one)})`}
          >
            <rect width={size.width} height={size.height} rx="8" />
            <rect class="mark" width="5" height={size.height} rx="2.5" />
            <text x="16" y="22" class="title">
              {clip(titleOf(one.item), 27)}
            </text>
            <text x="16" y="42">
              {clip(
                `${one.item.kind ?? 'not in this store'}${one.item.licences.length ? ` · ${one.item.licences.join(', ')}` : ''}`,
                36,
              )}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}

const clip = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function edge(child: PlacedItem, parent: PlacedItem): string {
  const [x1, y1] = [left(child) + size.width, top(child) + size.height / 2];
  const [x2, y2] = [left(parent), top(parent) + size.height / 2];
  return `M${x1} ${y1} C${x1 + size.gapX / 2} ${y1} ${x2 - size.gapX / 2} ${y2} ${x2} ${y2}`;
}
