/** Measures images per second over steps; time between `pause` and the next step's start does not count. */
export interface RateMeter {
  /** A step of `images` images has ended now. */
  add(images: number): void;
  /** What follows until the next step is no training. */
  pause(): void;
  /** Over the last steps, exponentially weighted; 0 before the first. */
  recent(): number;
  secondsPerStep(): number;
  /** Over all steps but the first after each pause, which may hold a compilation; null without any. */
  overall(): number | null;
}

/** Weight of the newest step: an average over about the last 20. */
const newestShare = 0.05;

export function createRateMeter(now: () => number): RateMeter {
  let last = now();
  let isFirst = true;
  let rate = 0;
  let perStep = 0;
  let images = 0;
  let seconds = 0;
  return {
    add(count) {
      const time = now();
      const elapsed = Math.max(1e-6, (time - last) / 1000);
      last = time;
      if (!isFirst) {
        images += count;
        seconds += elapsed;
      }
      // The compilation in the very first step says nothing about the rate: the second step replaces it.
      const share = images > count ? newestShare : 1;
      rate += share * (count / elapsed - rate);
      perStep += share * (elapsed - perStep);
      isFirst = false;
    },
    pause() {
      last = now();
    },
    recent: () => rate,
    secondsPerStep: () => perStep,
    overall: () => (seconds > 0 ? images / seconds : null),
  };
}
