import { describe } from 'vitest';
import { findHelm } from '../src/index.ts';

const helm = findHelm();

/** `describe` for what needs helm. Without it the tests are skipped, and their name says so. */
export const describeChart = (name: string, body: () => void): void => {
  describe.skipIf(!helm)(helm ? name : `${name} (skipped: helm is neither on PATH nor could it be fetched)`, body);
};
