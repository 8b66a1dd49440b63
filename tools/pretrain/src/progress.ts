import type { TrainingReport } from '@medlego/training';

const clock = (seconds: number) => {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 3600)}:${String(Math.floor(whole / 60) % 60).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
};

/** Lines for a log: every `everySeconds` one of progress, and every epoch. */
export function createProgress(
  write: (line: string) => void,
  now: () => number,
  everySeconds = 10,
): (report: TrainingReport) => void {
  let written = -Infinity;
  return (report) => {
    switch (report.type) {
      case 'step': {
        if (now() - written < everySeconds * 1000) return;
        written = now();
        const { epoch, epochs, step, stepsPerEpoch, loss, learningRate, imagesPerSecond, etaSeconds } = report;
        write(
          `epoch ${epoch}/${epochs} step ${step}/${stepsPerEpoch}  loss ${loss.toFixed(3)}  rate ${learningRate.toExponential(1)}  ` +
            `${imagesPerSecond.toFixed(0)} images/s  left ${clock(etaSeconds)}`,
        );
        return;
      }
      case 'epoch':
        write(
          `epoch ${report.epoch}/${report.epochs} done  train loss ${report.trainLoss?.toFixed(3) ?? '-'}  ` +
            `val loss ${report.val['loss']?.toFixed(3)}  val accuracy ${(100 * (report.val['acc'] ?? 0)).toFixed(1)} %`,
        );
        return;
      case 'resumed':
        write(`resumed from ${report.file}: epoch ${report.epoch}, step ${report.step}`);
        return;
      case 'warning':
        write(`warning: ${report.message}`);
        return;
      case 'checkpoint':
      case 'probe':
        return;
    }
  };
}
