/** One measured case of a bench, as a process of its own runs it. */
export interface Measured {
  readonly value: number;
  /** What `Bench.beside` names, measured in turn in the same process. */
  readonly beside?: number;
  /** More figures of the same run, such as its parts. */
  readonly details?: Readonly<Record<string, number>>;
}

export interface MeasureOptions {
  readonly size: string;
  readonly threads: number;
  /** How long to measure, after warming up. */
  readonly seconds: number;
  /** An empty folder for files of this run. */
  readonly folder: string;
}

/** A way in which the peer does the same work. */
export interface PeerMode {
  readonly name: string;
  /** Script in the peers' folder. */
  readonly script: string;
  readonly args: (options: MeasureOptions) => readonly string[];
  /** The figure in one line of the script's JSON, in our unit; undefined if the line is about something else. */
  readonly read: (line: Readonly<Record<string, unknown>>, options: MeasureOptions) => number | undefined;
}

export interface Bench {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  readonly sizes: readonly string[];
  /** What the ratio shall reach, per size; from the design. */
  readonly target?: number;
  /** What a reader of the table should know besides. */
  readonly note?: string;
  readonly measure: (options: MeasureOptions) => Promise<Measured>;
  /** What the process itself measures beside; stands where a peer's figure would. */
  readonly beside?: string;
  /** The best of these is what we compare with. */
  readonly peer?: { readonly name: string; readonly modes: readonly PeerMode[] };
}
