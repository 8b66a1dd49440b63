import { wholeSpace } from '@medlego/linalg';
import { type MergeSpace } from './merge-space.ts';

/** Dense updates [out, in]: what entry-wise methods are published on, and the oracle for the core. Memory: N · out · in. */
export const fullSpace: MergeSpace = {
  id: 'full',
  title: 'Dense updates',
  source: 'the published entry-wise methods',
  basis: wholeSpace,
};
