import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Device, EngineName } from '../engine.ts';

export interface EngineProbe {
  readonly engine: EngineName;
  readonly device: Device;
  readonly works: boolean;
  /** What runs, or why not and what to do. */
  readonly detail: string;
  readonly versions: Readonly<Record<string, string>>;
}

const candidates: readonly (readonly [EngineName, Device])[] = [
  ['onnx', 'cpu'],
  ['onnx', 'cuda'],
  ['tensorflow', 'cpu'],
  ['tensorflow', 'cuda'],
  ['cpu', 'cpu'],
];

const child = fileURLToPath(new URL('./probe-child.ts', import.meta.url));
const timeoutMs = 60_000;

/**
 * Opens every engine on every device and says which of them work here, and why the others do not.
 * Each runs in a process of its own: a native library may crash on a machine that it was not made for, and a process holds one libtensorflow.
 */
export function probeEngines(): Promise<EngineProbe[]> {
  return Promise.all(candidates.map(([engine, device]) => probe(engine, device)));
}

function probe(engine: EngineName, device: Device): Promise<EngineProbe> {
  return new Promise((resolve) => {
    execFile(process.execPath, [child, engine, device], { timeout: timeoutMs }, (error, stdout, stderr) => {
      const answer = stdout.trim().split('\n').at(-1) ?? '';
      if (answer.startsWith('{')) return resolve(JSON.parse(answer) as EngineProbe);
      const ended = error?.signal ? `signal ${error.signal}` : `exit code ${String(error?.code ?? 0)}`;
      const detail = `A process that opened it ended with ${ended}. ${stderr.trim().split('\n').at(-1) ?? ''}`.trim();
      resolve({ engine, device, works: false, detail, versions: {} });
    });
  });
}
