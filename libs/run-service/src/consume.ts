import type { Bus, ConsumeOptions, Subscription } from '@medlego/bus';
import type { EventType } from '@medlego/contracts';
import { pause } from './pause.ts';

/** Consumes events from when it is called until it is closed, also if the broker is away at first. */
export function startConsuming<T extends EventType>(
  bus: Bus,
  options: Omit<ConsumeOptions<T>, 'onProblem'>,
  onProblem: (error: unknown) => void,
): { close(): Promise<void> } {
  const stop = new AbortController();
  const open = async (): Promise<Subscription | undefined> => {
    while (!stop.signal.aborted) {
      try {
        return await bus.consume({ ...options, onProblem: ({ error }) => onProblem(error) });
      } catch (error) {
        onProblem(error);
        await pause(1000, stop.signal);
      }
    }
    return undefined;
  };
  const subscription = open();
  return {
    async close() {
      stop.abort();
      await (await subscription)?.stop();
    },
  };
}
