import { findMethod, mergeMethods, paramFields, type MergeMethod, type ParamField } from '@medlego/merging';
import type { Output } from './terminal/output.ts';

/** Parameters that nearly all methods share; shown once and not in every row. */
const common = new Set(['lambda', 'balance', 'threshold', 'mode', 'maxRank']);

/** Prints every merge method, or one of them with all its parameters; everything comes from the registry. */
export function printMethods(out: Output, id?: string): void {
  const methods = id === undefined ? mergeMethods : [findMethod(id)];
  if (id === undefined) printAll(out);
  else printOne(out, methods[0]!);
  out.document(
    methods.map((method) => ({
      id: method.id,
      title: method.title,
      source: method.source,
      spaces: method.spaces,
      needs: method.needs,
      params: paramFields(method.params),
    })),
  );
}

function printAll(out: Output): void {
  out.table(
    [{ title: 'Method' }, { title: 'Spaces' }, { title: 'Needs' }, { title: 'Own parameters' }],
    mergeMethods.map((method) => [
      method.id,
      method.spaces.join(', '),
      method.needs.join(', ') || '-',
      ownParams(method),
    ]),
  );
  out.line(
    '\nThe first space is the default. All take --lambda and --balance, most a rank cut (--threshold, --mode, --max-rank);',
  );
  out.line('own parameters: --param name=value. One method in full: medlego merge --methods ID.');
}

const ownParams = ({ params }: MergeMethod): string =>
  Object.entries(paramFields(params))
    .filter(([name]) => !common.has(name))
    .map(([name, field]) => `${name}${field.default === undefined ? '' : `=${String(field.default)}`}`)
    .join(' ') || '-';

function printOne(out: Output, { id, title, source, spaces, needs, params }: MergeMethod): void {
  out.heading(`${id}: ${title}`);
  out.line(`Source: ${source}`);
  out.line(
    `Spaces: ${spaces.join(', ')}. Needs: ${needs.length ? `${needs.join(', ')} statistics (train --stats)` : 'no data'}.`,
  );
  out.line();
  out.table(
    [{ title: 'Parameter' }, { title: 'Default' }, { title: 'Values' }, { title: 'Meaning' }],
    Object.entries(paramFields(params)).map(([name, field]) => [
      name,
      field.default === undefined ? '-' : String(field.default),
      rangeOf(field),
      field.description,
    ]),
  );
}

function rangeOf(field: ParamField): string {
  if (field.kind === 'choice') return field.values.join(' | ');
  if (field.kind === 'other') return '-';
  const { least, most, isAboveLeast, isBelowMost, isInteger } = field;
  const bounds = [
    least !== undefined && `${isAboveLeast ? '>' : '≥'} ${least}`,
    most !== undefined && `${isBelowMost ? '<' : '≤'} ${most}`,
  ].filter(Boolean);
  return [isInteger ? 'whole' : 'number', ...bounds].join(' ');
}
