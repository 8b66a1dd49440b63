import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, exitCodeOf, InvalidValueError } from '@medlego/errors';
import { compare, type Figure } from './compare.ts';
import { findPeers } from './peers.ts';
import { benches } from './registry.ts';
import { mergeFigures, resultsPage, type KeptFigure } from './results.ts';
import { workspaceRoot } from './workspace.ts';

const usage = `npm run bench -- ${benches.map(({ name }) => name).join('|')}|all [--size SIZE,...] [--peer] [--rounds 3] [--seconds 4] [--threads N]
  [--quiet CORES] [--patience 120] [--write]

Prints one JSON object a line: { bench, size, value, unit, peer?, peerValue?, ratio?, peakMb, peerPeakMb?, rounds, others, machine }.
--peer runs PyTorch + PEFT beside ours, in turn; --quiet starts each run when others use less than CORES cores; --write keeps the figures in docs/results/bench.json and bench.md, beside those of other sizes.
Sizes: ${benches.map(({ name, sizes }) => `${name}: ${sizes.join(', ')}`).join('; ')}.
`;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      size: { type: 'string' },
      json: { type: 'boolean' }, // the only form there is; taken so that all commands agree
      peer: { type: 'boolean' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '4' },
      threads: { type: 'string', default: String(availableParallelism()) },
      quiet: { type: 'string' },
      patience: { type: 'string', default: '120' },
      write: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const [name] = positionals;
  if (values.help || !name) return void process.stdout.write(usage);
  const chosen = name === 'all' ? benches : benches.filter((bench) => bench.name === name);
  if (chosen.length === 0)
    throw new InvalidValueError({
      field: 'bench',
      expected: `all or one of ${benches.map((b) => b.name).join(', ')}`,
      actual: name,
    });

  const found = values.peer ? findPeers() : null;
  if (typeof found === 'string') process.stderr.write(`${found}. Ours alone.\n`);
  const options = {
    threads: wholeNumber('threads', values.threads),
    rounds: wholeNumber('rounds', values.rounds),
    seconds: wholeNumber('seconds', values.seconds),
    quiet: values.quiet === undefined ? null : fraction('quiet', values.quiet),
    patience: wholeNumber('patience', values.patience),
    peers: typeof found === 'string' ? null : found,
  };
  const figures: Figure[] = [];
  for (const bench of chosen)
    for (const size of sizesOf(bench.sizes, name === 'all' ? undefined : values.size)) {
      const figure = await compare(bench, size, options);
      process.stdout.write(`${JSON.stringify(figure)}\n`);
      figures.push(figure);
    }
  if (values.write) keep(figures, `npm run bench -- ${args.join(' ')}`);
}

/** Puts the figures into docs/results/bench.json, beside those of other sizes, and writes the page anew. */
function keep(figures: readonly Figure[], command: string): void {
  const [data, page] = ['bench.json', 'bench.md'].map((file) => join(workspaceRoot, 'docs/results', file)) as [
    string,
    string,
  ];
  const before = existsSync(data) ? (JSON.parse(readFileSync(data, 'utf8')) as KeptFigure[]) : [];
  const all = mergeFigures(
    before,
    figures.map((figure) => ({ ...figure, command })),
  );
  writeFileSync(data, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(page, resultsPage(benches, all));
}

function sizesOf(known: readonly string[], asked: string | undefined): readonly string[] {
  const sizes = asked?.split(',') ?? known;
  for (const size of sizes)
    if (!known.includes(size))
      throw new InvalidValueError({ field: '--size', expected: `one of ${known.join(', ')}`, actual: size });
  return sizes;
}

function fraction(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidValueError({ field: `--${name}`, expected: 'a number above 0', actual: text });
  return value;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidValueError({ field: `--${name}`, expected: 'a whole number from 1', actual: text });
  return value;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = exitCodeOf(error);
}
