// Luma of ITU-R BT.601, as PIL's and torchvision's conversion to grey.
const red = 0.299;
const green = 0.587;
const blue = 0.114;

/**
 * Brightness, then contrast about the image's mean grey, then saturation about each pixel's grey, in one pass.
 * All three are linear, so they are composed first; values are clamped once, at the end (torchvision clamps after each).
 *
 * @param row float32 `[pixels, 3]` on the scale 0 to 255, changed in place
 */
export function adjustColour(row: Float32Array, brightness: number, contrast: number, saturation: number): void {
  let total = 0;
  if (contrast !== 1)
    for (let at = 0; at < row.length; at += 3) total += red * row[at]! + green * row[at + 1]! + blue * row[at + 2]!;
  const offset = ((brightness * total) / (row.length / 3)) * (1 - contrast);
  const own = brightness * contrast * saturation;
  const grey = brightness * contrast * (1 - saturation);
  for (let at = 0; at < row.length; at += 3) {
    const r = row[at]!;
    const g = row[at + 1]!;
    const b = row[at + 2]!;
    const common = grey * (red * r + green * g + blue * b) + offset;
    row[at] = clamp(own * r + common);
    row[at + 1] = clamp(own * g + common);
    row[at + 2] = clamp(own * b + common);
  }
}

const clamp = (value: number) => (value < 0 ? 0 : value > 255 ? 255 : value);
