import * as ort from 'onnxruntime-node';
import { GraphExecutionError } from '@medlego/errors';
import type { Device } from '../engine.ts';
import type { Graph } from '../ir/graph.ts';
import { serialiseModel } from './model.ts';

/** Constants from this size on are lent to ONNX Runtime in memory instead of being written into the model. */
const externalBytes = 1024;

// What ONNX Runtime would print on stderr comes as the text of an exception too.
ort.env.logLevel = 'fatal';

export interface SessionSettings {
  readonly device: Device;
  readonly intraOpThreads: number;
}

/** Compiles a graph. @throws GraphExecutionError with the runtime's words */
export async function createSession(graph: Graph, settings: SessionSettings): Promise<ort.InferenceSession> {
  const { model, externalData } = serialiseModel(graph, { externalBytes });
  try {
    return await ort.InferenceSession.create(model, { ...sessionOptions(settings), externalData });
  } catch (error) {
    throw new GraphExecutionError({ program: graph.name, phase: 'compile', reason: reasonOf(error) }, { cause: error });
  }
}

export function sessionOptions({ device, intraOpThreads }: SessionSettings): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Planned memory blocks are rounded up and held as one: a quarter more memory in a training step, and no faster.
    enableMemPattern: false,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
  };
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
