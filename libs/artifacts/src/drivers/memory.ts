import type { ArtifactDriver, ObjectStat } from '../driver.ts';

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly createdMs: number;
  modifiedMs: number;
}

/** Objects in this process's memory: for tests and for services that keep nothing. */
export function createMemoryDriver(now: () => number = Date.now): ArtifactDriver {
  const objects = new Map<string, StoredObject>();
  let changes = 0;
  return {
    location: 'memory',
    async create(key, source) {
      if (objects.has(key)) return 'exists';
      const bytes = source instanceof Uint8Array ? source.slice() : await collect(source);
      if (objects.has(key)) return 'exists';
      objects.set(key, { bytes, createdMs: now(), modifiedMs: now() });
      changes++;
      return 'created';
    },
    read: async (key) => objects.get(key)?.bytes.slice(),
    stream: async (key) => {
      const object = objects.get(key);
      return object && pieces(object.bytes);
    },
    stat: async (key) => {
      const object = objects.get(key);
      return object && statOf(object);
    },
    touch: async (key) => {
      const object = objects.get(key);
      if (object) object.modifiedMs = now();
      return object !== undefined;
    },
    async *list(prefix) {
      for (const key of [...objects.keys()].filter((candidate) => candidate.startsWith(prefix)).sort()) {
        const object = objects.get(key);
        if (object) yield { key, ...statOf(object) };
      }
    },
    revision: async () => String(changes),
    delete: async (key) => {
      changes++;
      return objects.delete(key);
    },
  };
}

const statOf = ({ bytes, createdMs, modifiedMs }: StoredObject): ObjectStat => ({
  size: bytes.length,
  createdMs,
  modifiedMs,
});

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += 2 ** 16) yield bytes.slice(offset, offset + 2 ** 16);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}
