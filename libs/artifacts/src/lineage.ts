import type { Digest } from '@medlego/tensors';
import type { ArtifactDriver } from './driver.ts';
import type { Manifest } from './manifest.ts';
import { readManifest } from './stored-manifest.ts';

export interface LineageNode {
  readonly digest: Digest;
  /** Undefined for a parent that was never in this store, as happens after an import. */
  readonly manifest: Manifest | undefined;
  /** One object per artifact: an ancestor that is reached twice appears twice, as the same object. */
  readonly parents: readonly { readonly role: string; readonly node: LineageNode }[];
}

/** The artifact and all that it was made from. Digests cannot form a cycle. */
export async function readLineage(driver: ArtifactDriver, digest: Digest): Promise<LineageNode> {
  const nodes = new Map<Digest, LineageNode>();
  const visit = async (id: Digest): Promise<LineageNode> => {
    const known = nodes.get(id);
    if (known) return known;
    const manifest = await readManifest(driver, id);
    const parents: { role: string; node: LineageNode }[] = [];
    for (const parent of manifest?.parents ?? []) parents.push({ role: parent.role, node: await visit(parent.digest) });
    const node: LineageNode = { digest: id, manifest, parents };
    nodes.set(id, node);
    return node;
  };
  return visit(digest);
}
