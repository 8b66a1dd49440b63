import type { LineageNode, ListedArtifact } from '@medlego/artifacts';
import type { Artifact as ArtifactMessage, RegistryServiceImplementation } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import { callerOf } from '@medlego/rpc';
import { announceName } from '../announce-name.ts';
import type { RegistryServiceOptions } from '../create-registry-service.ts';
import { toArtifactMessage } from '../messages.ts';
import { toDigest, toExpected, toKind, toKinds, toPageSize } from '../requests.ts';

type Handlers = Pick<
  RegistryServiceImplementation,
  'getArtifact' | 'listArtifacts' | 'getLineage' | 'putArtifact' | 'setName'
>;

const maxManifestBytes = 2 * 1024 ** 2;

export function artifactHandlers(options: RegistryServiceOptions): Handlers {
  const { store, onProblem } = options;
  return {
    async getArtifact({ ref, kinds, signatures }) {
      const artifact = await store.get(ref, toKinds(kinds));
      const extras = signatures ? { signatures: { ...(await store.transfer.signatures(artifact.digest)) } } : {};
      return { artifact: toArtifactMessage(artifact, extras) };
    },

    async listArtifacts({ kinds, parent, pageSize, pageToken }) {
      const limit = toPageSize(pageSize);
      const found = await store.list({
        ...toKinds(kinds),
        ...(parent !== '' && { parent: toDigest('parent', parent) }),
        ...(pageToken !== '' && { after: toPosition(pageToken) }),
        limit: limit + 1, // one more tells whether there is a next page
        onDamaged: (_, error) => onProblem?.(error),
      });
      const artifacts = fill(found, limit);
      const last = found[artifacts.length - 1];
      return { artifacts, nextPageToken: last && artifacts.length < found.length ? toToken(last) : '' };
    },

    async getLineage({ ref }) {
      const root = await store.lineage(ref);
      const artifacts = ancestors(root).flatMap(({ digest, manifest }) =>
        manifest ? [toArtifactMessage({ digest, manifest })] : [],
      );
      return { lineageJson: isSmallTree(root) ? JSON.stringify(root) : '', artifacts };
    },

    async putArtifact({ manifestJson, name, expected, signatures, run }, context) {
      const bytes = new TextEncoder().encode(manifestJson);
      if (bytes.length > maxManifestBytes)
        throw new InvalidValueError({
          field: 'manifest_json',
          expected: `at most ${maxManifestBytes} bytes`,
          actual: bytes.length,
        });
      const target = name === '' ? {} : { name, ...toExpected(expected) };
      const artifact = await store.transfer.putManifest(bytes, { ...target, signatures });
      if (name !== '' && run === undefined)
        await announceName(artifact.manifest.kind, name, { ...options, by: callerOf(context).subject });
      return { artifact: toArtifactMessage(artifact) };
    },

    async setName({ kind, name, digest, expected }, context) {
      const wanted = toKind('kind', kind);
      const version = await store.setName(wanted, name, toDigest('digest', digest), toExpected(expected));
      const by = callerOf(context).subject;
      await announceName(wanted, name, { ...options, by });
      return { version: { version: version.version, digest: version.digest, at: new Date(version.at), by } };
    },
  };
}

/** Where a page ends: the next one begins behind it, whatever was added or deleted meanwhile. */
const toToken = ({ created, digest }: ListedArtifact): string => `${created} ${digest}`;

function toPosition(token: string): Pick<ListedArtifact, 'created' | 'digest'> {
  const [created = '', digest = ''] = token.split(' ');
  return { created, digest: toDigest('page_token', digest) };
}

/** Manifests are small, but not all of them: a page has to fit one message. */
const pageBytes = 1024 ** 2;

function fill(found: readonly ListedArtifact[], limit: number): ArtifactMessage[] {
  const page: ArtifactMessage[] = [];
  let bytes = 0;
  for (const artifact of found) {
    const message = toArtifactMessage(artifact, { names: [...artifact.names] });
    bytes += message.manifestJson.length;
    if (page.length === limit || (page.length > 0 && bytes > pageBytes)) break;
    page.push(message);
  }
  return page;
}

/** The node and all below it, each once. */
function ancestors(root: LineageNode): LineageNode[] {
  const found = new Set<LineageNode>([root]);
  for (const node of found) for (const parent of node.parents) found.add(parent.node);
  return [...found];
}

/** As text, an ancestor appears as often as it is reached; with shared ancestors that doubles at every level. */
function isSmallTree(root: LineageNode, most = 1000): boolean {
  let count = 0;
  const visit = (node: LineageNode): boolean => ++count <= most && node.parents.every((parent) => visit(parent.node));
  return visit(root);
}
