import { canonicalJson, type NameHistory, type StoredArtifact } from '@medlego/artifacts';
import type { DeadLetter } from '@medlego/bus';
import type {
  Artifact as ArtifactMessage,
  DeadLetter as DeadLetterMessage,
  Name as NameMessage,
  StoredName,
} from '@medlego/contracts/rpc';
import type { NameRecordAt } from '@medlego/registry';

type Extras = Partial<Pick<ArtifactMessage, 'names' | 'signatures'>>;

/** An artifact as it is sent. */
export const toArtifactMessage = (
  { digest, manifest, created }: Omit<StoredArtifact, 'created'> & { readonly created?: string },
  extras: Extras = {},
): ArtifactMessage => ({
  digest,
  kind: manifest.kind,
  manifestJson: new TextDecoder().decode(canonicalJson(manifest, 'manifest')),
  created: created === undefined ? undefined : new Date(created),
  names: [],
  signatures: {},
  ...extras,
});

/** A name of the registry as it is sent. */
export const toNameMessage = ({ kind, name, versions, serving, revision }: NameRecordAt): NameMessage => ({
  kind,
  name,
  versions: versions.map(({ version, digest, at, by }) => ({ version, digest, at: new Date(at), by })),
  serving: serving ?? 0,
  revision,
});

/** A name of the store as it is sent. */
export const toStoredNameMessage = ({ kind, name, versions }: NameHistory): StoredName => ({
  kind,
  name,
  versions: versions.map(({ version, digest, at }) => ({ version, digest, at: new Date(at), by: '' })),
});

/** A dead letter as it is sent. */
export const toDeadLetterMessage = ({ at, ...letter }: DeadLetter): DeadLetterMessage => ({
  id: letter.id,
  durable: letter.durable,
  eventId: letter.eventId,
  subject: letter.subject,
  code: letter.code,
  reason: letter.reason,
  deliveries: letter.deliveries,
  at: new Date(at),
});
