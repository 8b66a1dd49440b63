import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidValueError, toAppError } from '@medlego/errors';
import { type Task, parseTask } from '@medlego/tasks';
import { type Dataset } from '../dataset.ts';
import { openLabelledFiles } from './labelled-files.ts';
import { type OpenOptions } from './options.ts';

/** Chest X-rays of Shenzhen No. 3 Hospital with and without tuberculosis; 662 in the published set. */
export const shenzhenTask: Task = parseTask({
  name: 'shenzhen',
  kind: 'binary-class',
  labels: ['normal', 'tuberculosis'],
  modality: 'chest X-ray',
  licence: 'free to use with citation (U.S. National Library of Medicine)',
  nonCommercial: false,
  citation: 'Jaeger et al., Quantitative Imaging in Medicine and Surgery 4(6):475-477 (2014)',
});

/** `CHNCXR_nnnn_0.png` is normal, `CHNCXR_nnnn_1.png` has tuberculosis. */
const namePattern = /^CHNCXR_\d{4}_([01])\.png$/i;

/**
 * Opens the Shenzhen tuberculosis set from its folder, or from the `CXR_png` folder in it. The label is the last digit of the file
 * name; other files are passed over. The set has no splits: they are made as for any list of files, by seed and class.
 *
 * @throws FileNotFoundError, AccessDeniedError; InvalidValueError if no file has such a name; as `openLabelledFiles`
 */
export async function openShenzhen(folder: string, options: OpenOptions = {}): Promise<Dataset> {
  const files = await namesIn(folder);
  const path = files.some((name) => namePattern.test(name)) || !files.includes('CXR_png') ? folder : join(folder, 'CXR_png');
  const names = (path === folder ? files : await namesIn(path)).filter((name) => namePattern.test(name)).sort();
  if (names.length === 0)
    throw new InvalidValueError({ field: folder, expected: 'files named CHNCXR_nnnn_0.png or CHNCXR_nnnn_1.png', actual: 'none' });
  return openLabelledFiles(
    path,
    'image-folder',
    shenzhenTask,
    names.map((name) => ({ path: join(path, name), labels: [Number(namePattern.exec(name)![1])] })),
    options,
  );
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    throw toAppError(error, { path: folder, what: 'Shenzhen set' });
  });
}
