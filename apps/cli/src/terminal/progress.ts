import { SingleBar } from 'cli-progress';

export interface Progress {
  /** done of total, with a few words such as `loss 0.41  812 images/s`. */
  update(done: number, note?: string): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly label: string;
  readonly total: number;
  readonly quiet?: boolean;
}

const secondsBetweenLines = 15;

/** A bar with rate and remaining time on a terminal; elsewhere one line now and then, so that logs stay readable. Always on stderr. */
export function startProgress({ label, total, quiet = false }: ProgressOptions): Progress {
  if (quiet) return { update: () => {}, stop: () => {} };
  if (process.stderr.isTTY) return terminalBar(label, total);
  return logLines(label, total);
}

function terminalBar(label: string, total: number): Progress {
  const bar = new SingleBar({
    format: `${label}  {bar}  {percentage}%  {value}/{total}  ETA {eta_formatted}  {note}`,
    barsize: 24,
    hideCursor: true,
    stream: process.stderr,
    etaBuffer: 50,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    gracefulExit: false,
  });
  bar.start(total, 0, { note: '' });
  return {
    update: (done, note) => bar.update(done, note === undefined ? {} : { note }),
    stop: () => bar.stop(),
  };
}

function logLines(label: string, total: number): Progress {
  const started = Date.now();
  let lastLine = started;
  return {
    update(done, note = '') {
      const now = Date.now();
      if (now - lastLine < secondsBetweenLines * 1000 || done === 0) return;
      lastLine = now;
      const etaSeconds = ((now - started) / done) * (total - done) * 1e-3;
      process.stderr.write(
        `${label}  ${Math.floor((100 * done) / total)}%  ETA ${formatSeconds(etaSeconds)}  ${note}\n`,
      );
    },
    stop: () => {},
  };
}

/** 75 → "1m15s". */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(whole / 3600)}h${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}m`;
}
