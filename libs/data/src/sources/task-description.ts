import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileFormatError, isSystemError, toAppError } from '@medlego/errors';
import { parseTask, type Task, type TaskInput } from '@medlego/tasks';
import { descriptorOf } from '../medmnist/descriptors.ts';
import { taskOfDescriptor } from '../medmnist/descriptor-task.ts';

/** What could be learned about a task before its labels were read. */
export interface TaskDescription {
  readonly task: Partial<TaskInput>;
  /** The file or registry that it comes from; undefined if nothing was found. */
  readonly origin?: string;
}

/**
 * Looks for a description of the task of a data file: `NAME.json` beside it, an `index.json` in the folder (the form of
 * MedMNIST's own table), then our descriptors of the MedMNIST sets. A size suffix such as `_64` is tried with and without.
 *
 * @throws FileFormatError for a description that is there and is not JSON
 */
export async function describeTask(path: string): Promise<TaskDescription> {
  const stem = basename(path).replace(/\.[^.]+$/, '');
  const names = [...new Set([stem, stem.replace(/_\d+$/, '')])];
  for (const name of names) {
    const file = join(dirname(path), `${name}.json`);
    const found = await readJson(file);
    if (found !== undefined) return { task: taskField(found, file), origin: file };
  }
  const index = join(dirname(path), 'index.json');
  const table = await readJson(index);
  for (const name of names) {
    const row = isRecord(table) ? table[name] : undefined;
    if (isRecord(row) && typeof row['task'] === 'string') return { task: fromIndex(name, row), origin: index };
    const descriptor = descriptorOf(name);
    if (descriptor) return { task: taskOfDescriptor(descriptor), origin: 'the MedMNIST descriptors' };
  }
  return { task: {} };
}

/** The description file of a folder, if it has one. */
export async function describeFolder(path: string): Promise<TaskDescription> {
  const file = join(path, 'task.json');
  const found = await readJson(file);
  return found === undefined ? { task: {} } : { task: taskField(found, file), origin: file };
}

/** A name that a task may have, made from a file or folder name. */
export const taskNameOf = (path: string): string =>
  basename(path)
    .replace(/\.[^.]+$/, '')
    .replace(/_(?:28|64|128|224)$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '') || 'task';

/** Puts a task together: what the data says, replaced by what a description says, replaced by what the caller says. */
export const mergeTask = (source: string, ...parts: readonly Partial<TaskInput>[]): Task =>
  parseTask(Object.assign({}, ...parts.map(withoutUndefined)), source);

const withoutUndefined = (part: object) => Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));

/** A description is the task itself, or a document that holds it as `task` beside provenance and counts. */
function taskField(document: unknown, file: string): Partial<TaskInput> {
  const task = isRecord(document) && isRecord(document['task']) ? document['task'] : document;
  if (!isRecord(task)) throw new FileFormatError({ file, expected: 'a JSON object', actual: typeof task });
  return task as Partial<TaskInput>;
}

function fromIndex(name: string, row: Record<string, unknown>): Partial<TaskInput> {
  const labels = isRecord(row['label']) ? Object.values(row['label']).map(String) : undefined;
  const licence = typeof row['license'] === 'string' ? row['license'] : undefined;
  const text = (key: string) => (typeof row[key] === 'string' ? row[key] : undefined);
  return {
    name: taskNameOf(name),
    kind: row['task'] as TaskInput['kind'], // parseTask checks it
    labels,
    modality: text('modality'),
    licence,
    nonCommercial: licence === undefined ? undefined : isNonCommercial(licence),
    citation: text('citation'),
  };
}

/** True for Creative Commons licences with the NC part, and for texts that say it in words. */
export const isNonCommercial = (licence: string): boolean => /\bBY-NC\b|non-?commercial/i.test(licence);

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw toAppError(error, { path: file, what: 'task description' });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new FileFormatError({ file, expected: 'JSON', actual: (error as Error).message }, { cause: error });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
