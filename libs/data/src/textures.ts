import { type ImageSet } from './dataset.ts';
import { randomStream } from './random/random-stream.ts';

/** Side of a texture. It holds no detail that a larger picture of it would show. */
const side = 32;
/** Plane waves in one colour channel. */
const waves = 24;
const textureStream = 19;

/**
 * Pictures of nothing: sums of plane waves whose amplitudes fall with frequency as in natural images, in random colours or grey,
 * of random brightness and contrast. They stand for "any other image" where none may be shared.
 *
 * @param seed  the same seed gives the same bytes
 * @param first number of the first one: a texture depends on the seed and its own number alone
 * @returns uint8 [count, 32, 32, 3]; owned by the caller
 */
export function textureImages(count: number, seed: number, first = 0): ImageSet {
  const images = new Uint8Array(count * side * side * 3);
  const wave = new Float64Array(side * side);
  for (let index = 0; index < count; index++) {
    const random = randomStream(seed, textureStream, 0, first + index);
    const normal = () =>
      Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
    const isGrey = random.uniform() < 0.5;
    const falloff = 0.5 + 1.5 * random.uniform();
    for (let channel = 0; channel < 3; channel++) {
      if (channel === 0 || !isGrey) drawChannel(wave, falloff, random.uniform, normal);
      for (let pixel = 0; pixel < side * side; pixel++)
        images[(index * side * side + pixel) * 3 + channel] = Math.max(0, Math.min(255, Math.round(wave[pixel]!)));
    }
  }
  return { images, count, height: side, width: side, channels: 3 };
}

/** Fills one channel: waves, brought to a random mean and deviation around mid-grey. */
function drawChannel(into: Float64Array, falloff: number, uniform: () => number, normal: () => number): void {
  into.fill(0);
  for (let index = 0; index < waves; index++) {
    const frequency = 0.5 + 10 * uniform() ** 2; // cycles per picture
    const angle = 2 * Math.PI * uniform();
    const phase = 2 * Math.PI * uniform();
    const amplitude = normal() / frequency ** falloff;
    const [stepX, stepY] = [Math.cos(angle), Math.sin(angle)].map((part) => (2 * Math.PI * frequency * part) / side) as [
      number,
      number,
    ];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        into[y * side + x] = into[y * side + x]! + amplitude * Math.cos(stepX * x + stepY * y + phase);
  }
  const mean = into.reduce((sum, value) => sum + value, 0) / into.length;
  const deviation = Math.sqrt(into.reduce((sum, value) => sum + (value - mean) ** 2, 0) / into.length) || 1;
  const [centre, spread] = [127.5 + 76 * normal(), 13 + 76 * uniform()];
  for (let pixel = 0; pixel < into.length; pixel++)
    into[pixel] = centre + (spread * (into[pixel]! - mean)) / deviation;
}
