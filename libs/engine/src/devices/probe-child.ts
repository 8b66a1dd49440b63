import { AppError } from '@medlego/errors';
import type { Device, EngineName } from '../engine.ts';
import { openEngine } from './open-engine.ts';
import type { EngineProbe } from './probe.ts';

// A program of its own, started by probe.ts with an engine and a device; prints one EngineProbe as JSON.
const [engine, device] = process.argv.slice(2) as [EngineName, Device];

async function answer(): Promise<EngineProbe> {
  try {
    const opened = await openEngine({ engine, device });
    const { reason, versions } = opened.info;
    await opened.dispose();
    return { engine, device, works: true, detail: reason, versions };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { engine, device, works: false, detail: error.message, versions: {} };
  }
}

process.stdout.write(`${JSON.stringify(await answer())}\n`);
