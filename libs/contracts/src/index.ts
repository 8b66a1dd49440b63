export { defineEvent, type EventDefinition } from './event-definition.ts';
export { decodeEventData, encodeEventData, maxEventBytes, parseEventData } from './parse-event.ts';
export {
  cloudEventType,
  events,
  eventTypes,
  parseSubject,
  subjectFilter,
  subjectOf,
  subjectRoot,
  type EventData,
  type EventType,
} from './subjects.ts';
