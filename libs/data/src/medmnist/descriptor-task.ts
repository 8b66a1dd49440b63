import { parseTask, type Task } from '@medlego/tasks';
import { type MedmnistDescriptor } from './descriptors.ts';

/** The task that a MedMNIST set asks. */
export const taskOfDescriptor = ({ flag, kind, labels, modality, licence, citation }: MedmnistDescriptor): Task =>
  parseTask({
    name: flag,
    kind,
    labels: [...labels],
    modality,
    licence,
    nonCommercial: /\bNC\b/.test(licence),
    citation,
  });
