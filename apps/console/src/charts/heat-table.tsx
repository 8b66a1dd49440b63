interface HeatTableProps {
  readonly caption: string;
  readonly corner: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** How a value is written. */
  readonly text: (value: number) => string;
  /** Between 0 (page colour) and 1 (full colour). */
  readonly strength: (value: number) => number;
}

/** A heat map that is a table: the number stands in each cell, the colour only helps the eye. */
export function HeatTable({ caption, corner, columns, rows, text, strength }: HeatTableProps) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table class="heat">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{corner}</th>
            {columns.map((column) => (
              <th scope="col" key={column}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, values }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {values.map((value, index) => (
                <td key={columns[index]} style={value === null ? undefined : { '--heat': share(strength(value)) }}>
                  {value === null ? '–' : text(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// Half of the full colour at most: text keeps its contrast in both colour schemes.
const share = (value: number): string => `${(50 * Math.min(1, Math.max(0, value))).toFixed(0)}%`;
