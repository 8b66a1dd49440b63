import type { NamedTensors } from '@medlego/tensors';
import type { Engine, EngineInfo, EngineState, Program, ProgramSpec } from '../engine.ts';
import { EagerConstants } from './constants.ts';
import { EagerProgram } from './program.ts';
import { EagerState } from './state.ts';

/** Runs functions eagerly on a tfjs backend: `cpu` in plain JavaScript, or `tensorflow`. */
export class EagerEngine implements Engine {
  readonly info: EngineInfo;
  readonly #backend: string;
  readonly #constants: EagerConstants;
  readonly #programs = new Set<Program>();

  /** @param backend name of a tfjs backend that is registered and ready */
  constructor(info: EngineInfo, backend: string) {
    this.info = info;
    this.#backend = backend;
    this.#constants = new EagerConstants(backend);
  }

  compile(spec: ProgramSpec): Program {
    const program = new EagerProgram(spec, this.#backend, this.#constants);
    this.#programs.add(program);
    return program;
  }

  async createState(tensors: NamedTensors): Promise<EngineState> {
    return new EagerState(this.#backend, tensors);
  }

  async dispose(): Promise<void> {
    for (const program of this.#programs) await program.dispose();
    this.#programs.clear();
  }
}
