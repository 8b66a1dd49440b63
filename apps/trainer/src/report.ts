import type { Progress, ReportRunRequest } from '@medlego/contracts/rpc';
import { InvalidValueError, type ErrorDocument } from '@medlego/errors';
import type { RunChange, RunProgress } from '@medlego/registry';

/** What a Job's report changes about its run. @throws InvalidValueError */
export function toRunChange({ attempt, change }: ReportRunRequest): RunChange {
  if (attempt < 1) throw new InvalidValueError({ field: 'attempt', expected: 'at least 1', actual: attempt });
  switch (change?.$case) {
    case 'started':
      return { type: 'start', attempt };
    case 'progress':
      return { type: 'progress', attempt, progress: toProgress(change.value) };
    case 'succeeded':
      return { type: 'succeed', artifact: change.value.artifact, attempt };
    case 'failed': {
      const { code, message, factsJson } = change.value;
      return { type: 'fail', error: { code, message, facts: parseFacts(factsJson) }, attempt };
    }
    case 'preempted':
      return { type: 'queue', afterAttempt: attempt };
    case undefined:
      throw new InvalidValueError({
        field: 'change',
        expected: 'started, progress, succeeded, failed or preempted',
        actual: 'nothing',
      });
  }
}

function toProgress({ fraction, message, checkpoint, ...rest }: Progress): Partial<RunProgress> {
  const { etaSeconds = null, imagesPerSecond = null, lastLoss = null } = rest;
  const known = { fraction, etaSeconds, imagesPerSecond, lastLoss, message };
  return checkpoint === undefined ? known : { ...known, checkpoint }; // the newest that was named stays
}

function parseFacts(text: string): ErrorDocument['facts'] {
  try {
    const facts = JSON.parse(text === '' ? '{}' : text) as unknown;
    if (typeof facts === 'object' && facts !== null && !Array.isArray(facts)) return facts as ErrorDocument['facts'];
  } catch {
    // Said below.
  }
  throw new InvalidValueError({ field: 'failed.facts_json', expected: 'one JSON object', actual: text.slice(0, 100) });
}
