import { AbortedError } from '@medlego/errors';

/**
 * Why a Job stops before its end: `preempted` by a signal; `cancelled` by somebody; `ended`, the run has its end already; `superseded`, a
 * later attempt has begun.
 */
export type StopCause = 'preempted' | 'cancelled' | 'ended' | 'superseded';

/** The one stop of a Job; the first cause stays. */
export interface Stop {
  readonly signal: AbortSignal;
  readonly cause: StopCause | null;
  request(cause: StopCause): void;
  /** Takes SIGTERM and SIGINT as preemption; gives back how to leave them alone again. */
  listen(): () => void;
}

export function createStop(what: string): Stop {
  const controller = new AbortController();
  let cause: StopCause | null = null;
  const request = (why: StopCause) => {
    if (cause !== null) return;
    cause = why;
    controller.abort(new AbortedError({ what }));
  };
  return {
    signal: controller.signal,
    get cause() {
      return cause;
    },
    request,
    listen() {
      const onSignal = () => request('preempted');
      process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
      return () => void process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
    },
  };
}
