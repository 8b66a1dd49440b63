import { type TaskInput } from '@medlego/tasks';
import { type SplitName } from '../dataset.ts';
import { type NpzLimits } from '../npz/read-npz.ts';
import { type PreprocessSpec } from '../preprocess/spec.ts';

export interface SplitFractions {
  readonly train: number;
  readonly val: number;
  readonly test: number;
}

export interface OpenOptions {
  /** Fields of the task that replace what the source says or what is inferred from it. */
  readonly task?: Partial<TaskInput>;
  /** Splits to read; the others stay empty. Default: all three. */
  readonly splits?: readonly SplitName[];
  /**
   * For folders and lists, whose images may differ in size: the backbone's preprocessing. Images are kept at the size to which
   * it resizes, so that training sees what serving will see. Without it all images must have one size, and keep it.
   */
  readonly preprocess?: Pick<PreprocessSpec, 'imgSize' | 'crop' | 'resize'>;
  /** Leave out images that cannot be read, and say which, instead of failing. Default: false. */
  readonly skipBad?: boolean;
  /** Where a source names no splits: seed and shares of the stratified split. Default: 0; 0.7, 0.1, 0.2. */
  readonly splitSeed?: number;
  readonly splitFractions?: SplitFractions;
  /** Folders in which a name without a path is looked up. Default: `data`. */
  readonly searchDirs?: readonly string[];
  /** Limits on archives; `maxBytes` bounds the images of folders and lists too. */
  readonly limits?: Partial<NpzLimits>;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export const defaultFractions: SplitFractions = { train: 0.7, val: 0.1, test: 0.2 };
