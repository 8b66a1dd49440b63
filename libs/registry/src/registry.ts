import type { KeyValue } from './key-value/key-value.ts';
import type { MemoryOptions } from './key-value/memory.ts';
import type { NatsKeyValueOptions } from './key-value/nats.ts';
import { createNameRegistry, type NameRegistry } from './names/name-registry.ts';
import { createRunRegistry, type RunRegistry } from './runs/run-registry.ts';

/** What services share and follow: runs, names, and documents of their own under keys of their own. */
export interface Registry extends AsyncDisposable {
  readonly location: string;
  readonly runs: RunRegistry;
  readonly names: NameRegistry;
  /** For what is neither a run nor a name, such as the tasks that a generalist tracks. Keys begin with another word than theirs. */
  readonly documents: KeyValue;
  close(): Promise<void>;
}

export type RegistryConfig =
  ({ readonly kind: 'memory' } & MemoryOptions) | ({ readonly kind: 'nats' } & NatsKeyValueOptions);

/** The registry that the configuration asks for; loads nothing of the other one. @throws as `openMemoryKeyValue`, `openNatsKeyValue` */
export async function openRegistry(config: RegistryConfig, now?: () => number): Promise<Registry> {
  return createRegistry(await openKeyValue(config), now);
}

function openKeyValue(config: RegistryConfig): Promise<KeyValue> {
  switch (config.kind) {
    case 'memory':
      return import('./key-value/memory.ts').then(({ openMemoryKeyValue }) => openMemoryKeyValue(config));
    case 'nats':
      return import('./key-value/nats.ts').then(({ openNatsKeyValue }) => openNatsKeyValue(config));
  }
}

/** A registry over a bucket, which it closes. */
export function createRegistry(documents: KeyValue, now?: () => number): Registry {
  const close = () => documents.close();
  return {
    location: documents.location,
    runs: createRunRegistry(documents, now),
    names: createNameRegistry(documents, now),
    documents,
    close,
    [Symbol.asyncDispose]: close,
  };
}
