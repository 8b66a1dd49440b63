import type { NamedTensors } from '@medlego/tensors';
import type { Engine, EngineInfo, EngineState, Program, ProgramSpec } from '../engine.ts';
import { OnnxProgram } from './program.ts';
import { OnnxState } from './state.ts';

/** Compiles functions with ONNX Runtime. */
export class OnnxEngine implements Engine {
  readonly info: EngineInfo;
  readonly #programs = new Set<Program>();

  constructor(info: EngineInfo) {
    this.info = info;
  }

  compile(spec: ProgramSpec): Program {
    const program = new OnnxProgram(spec, this.info);
    this.#programs.add(program);
    return program;
  }

  async createState(tensors: NamedTensors): Promise<EngineState> {
    return new OnnxState(tensors);
  }

  async dispose(): Promise<void> {
    for (const program of this.#programs) await program.dispose();
    this.#programs.clear();
  }
}
