/*
 * `@medlego/data/preprocess`: what happens to a decoded image before the backbone, without anything that needs Node, so that a
 * browser computes the same numbers as training and serving do.
 */
export { type Raster } from '../decode/raster.ts';
export { preprocessRaster } from './preprocess.ts';
export { parsePreprocessSpec, type PreprocessSpec } from './spec.ts';
