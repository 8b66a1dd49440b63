/** `[side, side, 3]` → `[3, side, side]`, as the exported graph takes it. */
export function channelsFirst(pixels: Float32Array, side: number): Float32Array<ArrayBuffer> {
  const plane = side * side;
  const out = new Float32Array(3 * plane);
  for (let at = 0; at < plane; at++)
    for (let channel = 0; channel < 3; channel++) out[channel * plane + at] = pixels[at * 3 + channel]!;
  return out;
}
