import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suiteFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { parseJobTemplate, readJobTemplate } from './template-file.ts';

const folder = suiteFolder();
const valid = {
  resources: { cores: 2, memoryMb: 4096, gpus: 1 },
  graceSeconds: 120,
  maxAttempts: 3,
  kubernetes: { image: 'medlego/medlego:1', tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }] },
};
const factsOf = (value: unknown) => {
  try {
    parseJobTemplate(JSON.stringify(value));
  } catch (error) {
    return (error as { facts: { field: string } }).facts;
  }
  throw new Error('it was taken');
};

describe('the file of a job template', () => {
  it('is read as it was written', async () => {
    const file = join(folder, 'template.json');
    await writeFile(file, JSON.stringify(valid));
    expect(await readJobTemplate(file)).toEqual(valid);
  });

  it('is refused with the field that is wrong', async () => {
    expect(factsOf({ ...valid, maxAttempts: 0 }).field).toBe('job template maxAttempts');
    expect(factsOf({ ...valid, kubernetes: { image: '' } }).field).toBe('job template kubernetes.image');
    expect(factsOf({ ...valid, kubernetes: { ...valid.kubernetes, toleration: [] } })).toMatchObject({
      field: 'job template kubernetes',
      actual: 'toleration',
    });
    expect(() => parseJobTemplate('{')).toThrow(/job template: expected JSON/u);
    await expect(readJobTemplate(join(folder, 'none'))).rejects.toMatchObject({
      facts: { field: 'MEDLEGO_JOB_TEMPLATE' },
    });
  });
});
