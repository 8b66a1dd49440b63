import Table from 'cli-table3';
import pc from 'picocolors';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** What a command says: words and tables on stdout for people, or exactly one JSON document; notes always go to stderr. */
export interface Output {
  readonly json: boolean;
  line(text?: string): void;
  heading(text: string): void;
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void;
  note(text: string): void;
  warn(text: string): void;
  /** The command's answer for machines; printed only with --json. */
  document(value: unknown): void;
}

const noBorders = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((name) => [name, '']),
);

/** Typed arrays print as plain lists; undefined and NaN as null. */
const plain = (_key: string, value: unknown): unknown => {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as unknown as ArrayLike<number>);
  if (typeof value === 'bigint') return Number(value);
  return value;
};

export function createOutput(options: { json: boolean; quiet: boolean }): Output {
  const say = (text: string): void => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  return {
    json: options.json,
    line: (text = '') => say(text),
    heading: (text) => say(`\n${pc.bold(text)}`),
    table(columns, rows) {
      const table = new Table({
        head: columns.map((column) => pc.bold(column.title)),
        colAligns: columns.map((column) => column.align ?? 'left'),
        chars: { ...noBorders, middle: '  ' },
        style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
      });
      table.push(...rows.map((row) => [...row]));
      say(table.toString());
    },
    note: (text) => {
      if (!options.quiet) process.stderr.write(`${text}\n`);
    },
    warn: (text) => process.stderr.write(`${pc.yellow('Warning')}: ${text}\n`),
    document: (value) => {
      if (options.json) process.stdout.write(`${JSON.stringify(value, plain)}\n`);
    },
  };
}
