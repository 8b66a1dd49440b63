import { type LineageItem } from './api/types.ts';

/** A node at its place: column 0 is the model, its makings lie to the right. */
export interface PlacedItem {
  readonly item: LineageItem;
  readonly column: number;
  readonly row: number;
}

/**
 * Puts every artifact one column to the right of the last thing that was made from it, in the order in which they are met.
 * @param nodes the model first; parents that are not among them are left out
 */
export function placeLineage(nodes: readonly LineageItem[]): PlacedItem[] {
  const byId = new Map(nodes.map((node) => [node.artifact, node]));
  const columns = new Map<string, number>();
  const visit = (node: LineageItem, column: number): void => {
    if ((columns.get(node.artifact) ?? -1) >= column) return;
    columns.set(node.artifact, column);
    for (const { artifact } of node.parents) {
      const parent = byId.get(artifact);
      if (parent) visit(parent, column + 1);
    }
  };
  if (nodes[0]) visit(nodes[0], 0);
  const rows = new Map<number, number>();
  return nodes.flatMap((item) => {
    const column = columns.get(item.artifact);
    if (column === undefined) return [];
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    return [{ item, column, row }];
  });
}
