/** Widens bfloat16 to float32, exactly: the upper half of a float32's bits. */
export function widenBfloat16(source: Uint16Array): Float32Array {
  const bits = new Uint32Array(source.length);
  for (let i = 0; i < source.length; i++) bits[i] = source[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Widens IEEE 754 binary16 to float32, exactly; infinities, NaN and subnormal numbers included. */
export function widenFloat16(source: Uint16Array): Float32Array {
  table ??= buildTable();
  const bits = new Uint32Array(source.length);
  for (let i = 0; i < source.length; i++) bits[i] = table[source[i]!]!;
  return new Float32Array(bits.buffer);
}

/** float32 bits of all 65,536 binary16 values: one look-up per number is several times faster than arithmetic. */
let table: Uint32Array | undefined;

function buildTable(): Uint32Array {
  const bits = new Uint32Array(0x10000);
  const value = new Float32Array(1);
  const valueBits = new Uint32Array(value.buffer);
  for (let half = 0; half < bits.length; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) {
      bits[half] = sign | 0x7f800000 | (fraction << 13);
    } else if (exponent === 0) {
      value[0] = fraction * 2 ** -24; // subnormal in binary16, normal in float32
      bits[half] = sign | valueBits[0]!;
    } else {
      bits[half] = sign | ((exponent + 112) << 23) | (fraction << 13); // bias 127 instead of 15
    }
  }
  return bits;
}
