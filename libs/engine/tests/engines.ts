import { EngineUnavailableError } from '@medlego/errors';
import { openEngine } from '../src/devices/open-engine.ts';
import type { Engine, EngineName } from '../src/engine.ts';

/** The engines that every test of numbers runs on, beside `cpu`. An engine that cannot be loaded is left out, loudly. */
export async function openTestEngines(): Promise<Engine[]> {
  const engines: Engine[] = [];
  for (const engine of ['onnx', 'tensorflow'] satisfies EngineName[])
    try {
      engines.push(await openEngine({ engine, intraOpThreads: 1 }));
    } catch (error) {
      if (!(error instanceof EngineUnavailableError) || engine === 'onnx') throw error;
      console.warn(`NOT TESTED: engine ${engine}. ${error.message}`);
    }
  return engines;
}
