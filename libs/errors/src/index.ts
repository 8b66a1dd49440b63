export { AppError, invariant, type ErrorDocument, type ErrorKind } from './app-error.ts';
export { describeError } from './describe-error.ts';
export { exitCodeOf, exitCodes } from './exit-code.ts';
export { nearestName } from './nearest-name.ts';
export { isSystemError, toAppError, type FileOperation } from './to-app-error.ts';
export { AuthenticationUnavailableError, RateLimitedError, UnauthenticatedError } from './catalogue/access.ts';
export { AbortedError, DeadlineExceededError } from './catalogue/async.ts';
export { AccessDeniedError, DiskFullError, FileAccessError, FileNotFoundError } from './catalogue/files.ts';
export {
  FileFormatError,
  InvalidValueError,
  MissingTensorError,
  NonFiniteError,
  ShapeMismatchError,
} from './catalogue/tensors.ts';
export {
  ArchiveLimitError,
  CountMismatchError,
  DatasetNotFoundError,
  DownloadChecksumError,
  DownloadUnavailableError,
  EmptySplitError,
  ImageDecodeError,
  LabelRangeError,
  MissingArrayError,
  TransferSyntaxError,
  UnreadableImagesError,
} from './catalogue/data.ts';
export { EngineUnavailableError, GraphExecutionError, TraceError, UnsupportedKernelError } from './catalogue/engine.ts';
export {
  CheckpointCorruptError,
  CheckpointMismatchError,
  NonFiniteLossError,
  StoppedError,
} from './catalogue/training.ts';
export { ScoreRangeError, UnpairedCasesError } from './catalogue/metrics.ts';
export {
  OutlierNormError,
  UnexpectedTensorError,
  UnsafeFormatError,
  UnsupportedAdapterError,
  UnsupportedModelError,
} from './catalogue/vit.ts';
export { NotPositiveDefiniteError } from './catalogue/linalg.ts';
export {
  DuplicateMemberError,
  MemberBackboneError,
  UnknownMergeMethodError,
  UnsupportedMergeSpaceError,
  MemberEditError,
  MemberRankError,
  MissingStatisticsError,
  ModelMismatchError,
  NotMergedError,
  UnknownKeyError,
} from './catalogue/merging.ts';
export {
  AmbiguousRefError,
  ArtifactNotFoundError,
  CorruptBlobError,
  ManifestVersionError,
  MissingBlobError,
  NameConflictError,
  UntrustedArtifactError,
  WrongBackboneError,
} from './catalogue/artifacts.ts';
export {
  BrokerFullError,
  BrokerUnavailableError,
  BrokerUnsupportedError,
  DeadLetterNotFoundError,
  GateRefusedError,
  NameNotFoundError,
  RemoteStoreError,
  RevisionConflictError,
  RunNotFoundError,
  RunTransitionError,
  ServiceUnavailableError,
} from './catalogue/services.ts';
export {
  ClusterRefusedError,
  ClusterUnavailableError,
  JobEndedError,
  JobNotFoundError,
  JobQueueFullError,
  JobRunnerClosedError,
} from './catalogue/jobs.ts';
export {
  ComputeThreadError,
  ModelNotReadyError,
  ModelNotServedError,
  ScopeRequiredError,
  ServerDrainingError,
  ServingQueueFullError,
} from './catalogue/serving.ts';
