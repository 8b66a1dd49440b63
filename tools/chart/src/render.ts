import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import { findHelm } from './helm.ts';
import { chartFolder } from './paths.ts';

/** A Kubernetes object, as rendered. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // What follows depends on the kind; tests read it freely.
  readonly [key: string]: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

export const release = 'm';
export const namespace = 'imaging';

/** Names of the files in `ci/`, without `-values.yaml`. */
export const ciNames = (): string[] =>
  readdirSync(join(chartFolder, 'ci'))
    .filter((file) => file.endsWith('-values.yaml'))
    .map((file) => file.slice(0, -'-values.yaml'.length))
    .sort();

export const ciFile = (name: string): string => join(chartFolder, 'ci', `${name}-values.yaml`);

const rendered = new Map<string, Promise<string>>();

/** YAML that a ci file renders to, with values over it. Rejects with what helm says. Rendered once in a process. */
export function renderText(name: string, values: object = {}): Promise<string> {
  const key = JSON.stringify([name, values]);
  if (!rendered.has(key)) rendered.set(key, renderAfresh(name, values));
  return rendered.get(key)!;
}

/** As `renderText`, without a look at what was rendered before. */
export async function renderAfresh(name: string, values: object = {}): Promise<string> {
  const child = promisify(execFile)(
    findHelm()!,
    ['template', release, chartFolder, '--namespace', namespace, '--values', ciFile(name), '--values', '-'],
    { maxBuffer: 64 * 1024 ** 2 },
  );
  child.child.stdin!.end(stringify(values));
  return (await child).stdout;
}

/** The objects of a rendered chart. Keys that occur twice, which a server-side apply refuses, are an error here too. */
export function parseObjects(text: string): KubeObject[] {
  return parseAllDocuments(text, { uniqueKeys: true }).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    const value = document.toJS() as KubeObject | null;
    return value ? [value] : [];
  });
}

export const renderChart = async (name: string, values?: object): Promise<KubeObject[]> =>
  parseObjects(await renderText(name, values));

/** The one object of a kind whose name ends so. */
export function pick(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  if (found.length !== 1) throw new Error(`${kind} ${name}: expected one, got ${found.length}`);
  return found[0]!;
}
