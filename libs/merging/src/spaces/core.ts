import { columnBasis } from '@medlego/linalg';
import { type MergeSpace } from './merge-space.ts';

/**
 * The space that the stacked factors span: cores of at most Σr × Σr, exact, mixed ranks for free. Where Σr reaches a side of
 * the module, that side's basis is the whole space, so the core is then the dense update.
 * B and A enter without E, scale and weight: they are near-orthonormal after training, a zero E does no harm, and the bases
 * serve every recipe on the same members.
 */
export const coreSpace: MergeSpace = {
  id: 'core',
  title: 'Cores in the span of the stacked factors (exact)',
  source: 'Panariello et al. 2025, Core Space; QR instead of SVD for the bases',
  basis: columnBasis,
};
