import type { ArtifactStore } from '@medlego/artifacts';
import { AppError } from '@medlego/errors';
import type { NameRecord, NameRegistry } from '@medlego/registry';

/** What a name answers with: an artifact's digest, or null for nothing yet. */
export type WantedVersion = (name: string) => Promise<string | null>;

const kinds = ['specialist', 'generalist'] as const;

/**
 * Of a generalist that the registry knows: the version that is promoted, and nothing before one is, so that what a gate refused or has not seen is
 * never served. Of a specialist: its newest version. Of what the registry does not know (a digest, `name@2`, a store that is used without
 * services), and without a registry: what the store says.
 *
 * @throws errors of the store and of the registry
 */
export function wantedVersion(store: ArtifactStore, names: NameRegistry | undefined): WantedVersion {
  return async (name) => {
    const generalist = names && (await recordOf(names, 'generalist', name));
    if (generalist) return digestOf(names, generalist, generalist.serving);
    const specialist = names && (await recordOf(names, 'specialist', name));
    return specialist?.versions.at(-1)?.digest ?? store.resolve(name, { kind: kinds });
  };
}

/** @returns undefined for a name that is not there, and for what is no name */
async function recordOf(names: NameRegistry, kind: string, name: string): Promise<NameRecord | undefined> {
  try {
    return await names.get(kind, name);
  } catch (error) {
    if (error instanceof AppError && (error.code === 'name_not_found' || error.code === 'invalid_value'))
      return undefined;
    throw error;
  }
}

async function digestOf(names: NameRegistry, record: NameRecord, serving: number | null): Promise<string | null> {
  if (serving === null) return null;
  const inline = record.versions.find(({ version }) => version === serving);
  const found =
    inline ?? (await names.history(record.kind, record.name)).versions.find(({ version }) => version === serving);
  return found?.digest ?? null;
}
