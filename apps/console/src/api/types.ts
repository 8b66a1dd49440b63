/*
 * The read-only JSON API of the gateway that the console stands on. All paths are under `/api/v1`; errors are
 * `{ "error": "sentence" }` with the status that OIP v2 gives them. A part that a server does not have (a store folder has no
 * runs) is named false in `features`, and its path answers 404.
 */

/** `GET /server` */
export interface ServerInfo {
  readonly version: string;
  readonly features: {
    /** `GET /runs` answers. */
    readonly runs: boolean;
    /** `POST /v2/repository/models/{name}/load` and `/rollback` can be allowed: the server has an admin token. */
    readonly promotion: boolean;
    /** `GET /traffic` answers. */
    readonly traffic: boolean;
    /** `explain=rollout` draws the attention overlay. */
    readonly explain: boolean;
    /** `GET /models/{name}/graph.onnx` answers. */
    readonly graph: boolean;
  };
}

/** `GET /models`: what is served, generalists first. */
export interface ModelList {
  readonly models: readonly ModelSummary[];
}

export interface ModelSummary {
  readonly name: string;
  readonly kind: 'generalist' | 'specialist';
  /** `sha256:...` of the artifact that answers now. */
  readonly artifact: string;
  readonly ready: boolean;
  readonly tasks: readonly TaskInfo[];
}

export interface TaskInfo {
  readonly name: string;
  readonly kind: 'binary-class' | 'multi-class' | 'multi-label, binary-class' | 'ordinal-regression';
  readonly labels: readonly string[];
  readonly modality: string;
  readonly licence: string;
  readonly nonCommercial: boolean;
}

/** `GET /models/{name}` */
export interface ModelDetail extends ModelSummary {
  readonly backbone: string;
  readonly preprocess: PreprocessInfo;
  readonly licences: readonly string[];
  readonly nonCommercial: boolean;
  /** Newest first. */
  readonly versions: readonly ModelVersion[];
  /** Number of the version that answers; null where names have no versions. */
  readonly serving: number | null;
  /** Newest first; empty without a registry. */
  readonly decisions: readonly GateDecision[];
}

/** The artifact's `PreprocessSpec`. */
export interface PreprocessInfo {
  readonly imgSize: number;
  readonly channels: 3;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  readonly resize: 'bicubic' | 'bilinear' | 'nearest';
  readonly crop: number;
}

export interface ModelVersion {
  /** Counted from 1. */
  readonly version: number;
  readonly artifact: string;
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
}

export interface GateDecision {
  readonly outcome: 'promoted' | 'rolled-back' | 'refused';
  readonly version: number;
  readonly previous: number | null;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
}

/**
 * `GET /models/{name}/evaluation`: what `medlego evaluate --json` prints, from the file
 * `evaluation.json` of the newest report artifact whose parent in the role `subject` is the served artifact; 404 without one.
 */
export interface EvaluationReport {
  readonly artifact: string;
  readonly split: string;
  readonly tasks: readonly EvaluatedTask[];
  readonly gainKept: { readonly pooled: number | null } | null;
}

export interface EvaluatedTask extends EvaluatedRow {
  readonly task: string;
  /** Rows to compare with, by name: `specialist`, `unadapted`, `probe`, `majority`. */
  readonly against: Readonly<Record<string, EvaluatedRow>>;
}

export interface EvaluatedRow {
  readonly n: number;
  /** Proportions in [0, 1]. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** 95 % by name of the metric. */
  readonly intervals: Readonly<Record<string, readonly [number, number] | null>>;
}

/** `GET /models/{name}/merge-report`: the file `report.json` of a generalist's artifact (schema `medlego.merge-report/1`). */
export interface MergeReport {
  readonly method: string;
  readonly space: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly members: readonly { readonly name: string; readonly weight: number; readonly licence: string }[];
  readonly modules: readonly MergedModule[];
  readonly totals: {
    readonly rank: number;
    readonly parameters: number;
    readonly energyKept: number | null;
    readonly perTask: Readonly<Record<string, number | null>>;
    readonly pairs: readonly PairFigures[];
  };
  readonly warnings: readonly { readonly message: string }[];
}

export interface MergedModule {
  readonly module: string;
  readonly k: number;
  readonly singularValues: readonly number[];
  readonly energyKept: number | null;
  readonly perTask: Readonly<Record<string, number | null>>;
}

export interface PairFigures {
  readonly a: string;
  readonly b: string;
  /** Cosine of the two updates. */
  readonly update: number | null;
  readonly left: number | null;
  readonly right: number | null;
}

/** `GET /models/{name}/lineage`: every artifact once, the model first. */
export interface Lineage {
  readonly nodes: readonly LineageItem[];
}

export interface LineageItem {
  readonly artifact: string;
  /** Null for an artifact that is not in this store. */
  readonly kind: 'backbone' | 'dataset' | 'specialist' | 'generalist' | 'report' | null;
  readonly names: readonly string[];
  readonly tasks: readonly string[];
  readonly licences: readonly string[];
  readonly nonCommercial: boolean;
  readonly parents: readonly { readonly artifact: string; readonly role: string }[];
}

/** `POST /models/{name}/predict[?explain=rollout]`; the body is the file (PNG, JPEG, DICOM), `application/octet-stream`. */
export interface PredictionAnswer {
  readonly artifact: string;
  readonly predictions: readonly TaskPrediction[];
  /** `data:image/png;base64,...`; null unless asked for. */
  readonly overlay: string | null;
}

export interface TaskPrediction {
  readonly task: string;
  readonly probabilities: Readonly<Record<string, number>>;
}

/** `GET /runs`: newest first, at most 100; each as libs/registry keeps it. */
export interface RunList {
  readonly runs: readonly RunInfo[];
}

export interface RunInfo {
  readonly id: string;
  readonly kind: 'training' | 'merging' | 'evaluation';
  readonly name: string;
  readonly state: 'requested' | 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly progress: {
    readonly fraction: number;
    readonly etaSeconds: number | null;
    readonly imagesPerSecond: number | null;
    readonly lastLoss: number | null;
    readonly message: string;
  };
  readonly error: { readonly message: string } | null;
  readonly created: string;
  readonly updated: string;
}

/** `GET /traffic`: since the server started, except where a window is named. */
export interface Traffic {
  readonly uptimeSeconds: number;
  readonly models: readonly ModelTraffic[];
}

export interface ModelTraffic {
  readonly name: string;
  readonly requests: number;
  readonly failures: number;
  /** Of the last minute, whole request; null without any. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** Of the last minute; null without any. */
  readonly meanBatch: number | null;
  /** Requests that wait now. */
  readonly queued: number;
}
