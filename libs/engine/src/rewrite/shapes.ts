export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis]);

/** Whether a tensor of shape `from` is repeated along leading or unit axes to give `to`, without making `to` larger. */
export function broadcastsTo(from: readonly number[], to: readonly number[]): boolean {
  if (from.length > to.length) return false;
  const offset = to.length - from.length;
  return from.every((dim, axis) => dim === 1 || dim === to[axis + offset]);
}
