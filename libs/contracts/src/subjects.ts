import type { z } from 'zod';
import { InvalidValueError } from '@medlego/errors';
import { backbonePublished, datasetPublished, reportPublished, specialistPublished } from './events/artifact.ts';
import { generalistMerged, generalistPromoted, generalistRefused, generalistRolledBack } from './events/generalist.ts';
import { runCancelled, runCancelRequested, runFailed, runRequested, runStarted, runSucceeded } from './events/run.ts';

/** All events there are. A new one is a definition in `events/` and a line here. */
export const events = [
  runRequested,
  runStarted,
  runSucceeded,
  runFailed,
  runCancelRequested,
  runCancelled,
  datasetPublished,
  backbonePublished,
  specialistPublished,
  generalistMerged,
  reportPublished,
  generalistPromoted,
  generalistRefused,
  generalistRolledBack,
] as const;

type Definition = (typeof events)[number];
export type EventType = Definition['type'];
/** What an event of a type carries. */
export type EventData<T extends EventType> = z.infer<Extract<Definition, { type: T }>['data']>;

export const eventTypes: readonly EventType[] = events.map(({ type }) => type);
const knownTypes: ReadonlyMap<string, EventType> = new Map(eventTypes.map((type) => [type, type]));

/** Everything before the entity in a subject; the version changes when old readers could not read new events. */
export const subjectRoot = 'medlego.v1';

/** Ids have no dots in a subject, names of artifacts may: `%` and two hex digits stand for what a token cannot hold. */
const toToken = (id: string): string => {
  if (id.length === 0 || id.length > 200)
    throw new InvalidValueError({
      field: 'event id',
      expected: '1 to 200 characters',
      actual: JSON.stringify(id.slice(0, 40)),
    });
  return encodeURIComponent(id).replace(/[.*'()!~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
};

/** `medlego.v1.specialist.<id>.published` */
export function subjectOf(type: EventType, id: string): string {
  const [entity, event] = type.split('.');
  return `${subjectRoot}.${entity}.${toToken(id)}.${event}`;
}

/** Subject filter for all events of a type, whatever their id. */
export function subjectFilter(type: EventType): string {
  const [entity, event] = type.split('.');
  return `${subjectRoot}.${entity}.*.${event}`;
}

/** Type and id of a subject; undefined for one that is not ours. */
export function parseSubject(subject: string): { readonly type: EventType; readonly id: string } | undefined {
  const [, entity, token, event] = /^medlego\.v1\.([a-z-]+)\.([^.]+)\.([a-z-]+)$/.exec(subject) ?? [];
  const type = knownTypes.get(`${entity}.${event}`);
  if (type === undefined || token === undefined) return undefined;
  try {
    return { type, id: decodeURIComponent(token) };
  } catch {
    return undefined; // a percent sign that no writer of ours left there
  }
}

/** CloudEvents `type`: `medlego.specialist.published.v1`. */
export const cloudEventType = (type: EventType): string => `medlego.${type}.v1`;
