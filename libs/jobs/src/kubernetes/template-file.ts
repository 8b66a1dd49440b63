import { readFile } from 'node:fs/promises';
import { InvalidValueError } from '@medlego/errors';
import { z } from 'zod';
import { resourcesSchema, type JobResources } from '../job-spec.ts';
import type { JobTemplate } from './template.ts';

/** What an installation says of its Jobs: the chart writes it, a service reads it at the start. */
export interface JobTemplateFile {
  readonly resources: JobResources;
  readonly graceSeconds: number;
  readonly maxAttempts: number;
  readonly kubernetes: JobTemplate;
}

const text = z.record(z.string(), z.string());
const objects = z.array(z.looseObject({}));
const named = z.array(z.looseObject({ name: z.string().min(1) }));

/** Our own keys are checked; what is Kubernetes' passes through to its API server, which checks it. */
const kubernetesSchema = z.strictObject({
  image: z.string().min(1),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  imagePullSecrets: named.optional(),
  command: z.array(z.string()).optional(),
  appArgument: z.boolean().optional(),
  gpuResourceName: z.string().min(1).optional(),
  gpuTolerations: objects.optional(),
  gpuNodeSelector: text.optional(),
  runtimeClassName: z.string().optional(),
  nodeSelector: text.optional(),
  tolerations: objects.optional(),
  affinity: z.looseObject({}).optional(),
  schedulerName: z.string().optional(),
  priorityClasses: z.array(z.strictObject({ atLeast: z.number(), name: z.string().min(1) })).optional(),
  serviceAccountName: z.string().optional(),
  env: named.optional(),
  envFrom: objects.optional(),
  volumes: named.optional(),
  volumeMounts: named.optional(),
  labels: text.optional(),
  annotations: text.optional(),
  podAnnotations: text.optional(),
  kueueQueue: z.string().min(1).optional(),
  runAsUser: z.number().int().min(1).optional(),
  tmpSize: z.string().optional(),
  ttlSecondsAfterFinished: z.number().int().min(0).optional(),
  activeDeadlineSeconds: z.number().int().min(1).optional(),
  parallelism: z.number().int().min(1).optional(),
  owner: z.looseObject({}).optional(),
  pod: z.looseObject({}).optional(),
});

const fileSchema = z.strictObject({
  resources: resourcesSchema,
  graceSeconds: z.number().int().min(0).max(86_400),
  maxAttempts: z.number().int().min(1).max(100),
  kubernetes: kubernetesSchema,
});

/** @throws InvalidValueError that names the field of the template that is wrong */
export function parseJobTemplate(json: string): JobTemplateFile {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new InvalidValueError({ field: 'job template', expected: 'JSON', actual: (error as Error).message });
  }
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return parsed.data as unknown as JobTemplateFile;
  const [issue] = parsed.error.issues;
  throw new InvalidValueError({
    field: `job template ${issue!.path.map(String).join('.')}`.trim(),
    expected: issue!.message,
    actual: issue!.code === 'unrecognized_keys' ? issue!.keys.join(', ') : issue!.code,
  });
}

/** Reads the file that MEDLEGO_JOB_TEMPLATE names. @throws InvalidValueError */
export async function readJobTemplate(file: string): Promise<JobTemplateFile> {
  const json = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new InvalidValueError({
      field: 'MEDLEGO_JOB_TEMPLATE',
      expected: 'a file that can be read',
      actual: `${file} (${(error as NodeJS.ErrnoException).code})`,
    });
  });
  return parseJobTemplate(json);
}
