import { NameNotFoundError } from '@medlego/errors';
import type { Registry } from '@medlego/registry';
import type { GeneralistPlatform } from './reconciler.ts';
import type { GeneralistState } from './status.ts';

export interface RegistryPlatformOptions {
  readonly registry: Registry;
  /** Declares to the merger, in this process or over gRPC. */
  readonly track: GeneralistPlatform['track'];
  /** Mean accuracy that a report says; null if it says none. Called once for each report. Default: none is shown. */
  readonly accuracyOf?: (report: string) => Promise<number | null>;
}

/** A platform whose names are those of a registry. */
export function registryPlatform({ registry, track, accuracyOf }: RegistryPlatformOptions): GeneralistPlatform {
  const accuracies = new Map<string, number | null>();
  const measured = async (report: string | null | undefined): Promise<number | null> => {
    if (!report || !accuracyOf) return null;
    if (!accuracies.has(report)) accuracies.set(report, await accuracyOf(report));
    return accuracies.get(report)!;
  };
  return {
    track,
    async observe(name): Promise<GeneralistState> {
      try {
        const record = await registry.names.get('generalist', name);
        const newest = record.versions.at(-1);
        const decision = record.decisions.findLast(({ version }) => version === newest?.version) ?? null;
        const accuracy = await measured(decision?.report);
        return {
          version: newest?.version ?? null,
          artifact: newest?.digest ?? null,
          serving: record.serving,
          decision,
          accuracy,
        };
      } catch (error) {
        if (!(error instanceof NameNotFoundError)) throw error;
        return { version: null, artifact: null, serving: null, decision: null, accuracy: null };
      }
    },
    async *changes(signal) {
      for await (const { kind, name } of registry.names.watch({ signal })) if (kind === 'generalist') yield name;
    },
  };
}
