export { AppError, invariant, type ErrorDocument, type ErrorKind } from './app-error.ts';
export { exitCodeOf, exitCodes } from './exit-code.ts';
export {
  FileFormatError,
  InvalidValueError,
  MissingTensorError,
  NonFiniteError,
  ShapeMismatchError,
} from './catalogue/tensors.ts';
