/** One decoded image: uint8 `[height, width, channels]`, row-major; 1 channel grey, 3 red-green-blue. */
export interface Raster {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** The same picture with three channels; grey is repeated. Returns the raster itself if it has three already. */
export function toRgb(raster: Raster): Raster {
  if (raster.channels === 3) return raster;
  const data = new Uint8Array(raster.data.length * 3);
  for (let from = 0, to = 0; from < raster.data.length; from++, to += 3)
    data[to] = data[to + 1] = data[to + 2] = raster.data[from]!;
  return { ...raster, data, channels: 3 };
}
