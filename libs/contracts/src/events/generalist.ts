import { z } from 'zod';
import { defineEvent } from '../event-definition.ts';
import { digest, name, runId, text, version } from '../fields.ts';

const id = 'the generalist’s name';
const what = { artifact: digest, name, version };
const decided = { ...what, report: digest.optional(), reason: text, by: z.string().max(200) };

export const generalistMerged = defineEvent({
  id,
  type: 'generalist.merged',
  meaning:
    'A version of a generalist is complete in the store. It is evaluated, and promoted if the gate lets it pass.',
  producer: 'merger',
  data: z.object({
    ...what,
    members: z.array(z.object({ name, artifact: digest })).max(256),
    run: runId.optional(),
  }),
});

export const generalistPromoted = defineEvent({
  id,
  type: 'generalist.promoted',
  meaning: '`serving` of a generalist points at this version from now on; the gateway follows.',
  producer: 'evaluator',
  data: z.object({ ...decided, previous: version.nullable() }),
});

export const generalistRolledBack = defineEvent({
  id,
  type: 'generalist.rolled-back',
  meaning: '`serving` of a generalist points at an earlier version again.',
  producer: 'evaluator',
  data: z.object({ ...decided, previous: version }),
});

export const generalistRefused = defineEvent({
  id,
  type: 'generalist.refused',
  meaning: 'The gate did not let a version pass; what was served before goes on serving.',
  producer: 'evaluator',
  data: z.object(decided),
});
