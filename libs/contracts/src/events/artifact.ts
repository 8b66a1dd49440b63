import { z } from 'zod';
import { defineEvent } from '../event-definition.ts';
import { digest, name, runId, version } from '../fields.ts';

const published = { artifact: digest, name, version };

export const datasetPublished = defineEvent({
  type: 'dataset.published',
  meaning: 'A data set is complete in the store and has a name.',
  producer: 'whoever imports it',
  id: 'the data set’s name',
  data: z.object(published),
});

export const backbonePublished = defineEvent({
  type: 'backbone.published',
  meaning: 'A backbone is complete in the store and has a name.',
  producer: 'whoever imports it',
  id: 'the backbone’s name',
  data: z.object({ ...published, weights: digest }),
});

export const specialistPublished = defineEvent({
  type: 'specialist.published',
  meaning: 'A specialist is complete in the store and has a name. Generalists that track its task are merged again.',
  producer: 'a training Job',
  id: 'the specialist’s name',
  data: z.object({ ...published, task: name, weights: digest, run: runId.optional() }),
});

export const reportPublished = defineEvent({
  type: 'report.published',
  meaning: 'An artifact was evaluated; the report is complete in the store.',
  producer: 'an evaluation',
  id: 'the name of what was evaluated',
  data: z.object({ report: digest, artifact: digest, split: z.enum(['val', 'test']), run: runId.optional() }),
});
