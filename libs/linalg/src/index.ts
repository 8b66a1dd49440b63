export {
  assertRankRule,
  chooseRank,
  numericalRank,
  numericalRankTolerance,
  rankModes,
  shareTolerance,
  type RankMode,
  type RankRule,
} from './choose-rank.ts';
export { cholesky, solveCholesky, solveSymmetric } from './cholesky.ts';
export { factorStack, matrixStack, type ColumnStack } from './column-stack.ts';
export { columnBasis, wholeSpace, type ColumnBasis } from './column-basis.ts';
export { thinQr, type Qr } from './householder.ts';
export { assertLowRankUpdate, type AdapterUpdates, type FloatArray, type LowRankUpdate } from './low-rank-update.ts';
export {
  columns,
  firstColumns,
  frobeniusNorm,
  fromRowMajor,
  identity,
  innerProduct,
  matrix,
  multiply,
  multiplyTransposed,
  toRowMajor,
  transpose,
  weightedSum,
  type Matrix,
} from './matrix.ts';
export { productSvd } from './product-svd.ts';
export { fixSigns, svd, tailNorm, truncatedSvd, type Svd, type TruncatedSvd } from './svd.ts';
export { symmetricEigen, type SymmetricEigen } from './symmetric-eigen.ts';
export { denseMatrix, denseUpdate, stackLeft, stackRight, updateInnerProduct, updateNorm } from './update-products.ts';
