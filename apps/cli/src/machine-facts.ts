import { availableParallelism, cpus, totalmem } from 'node:os';

/** Processor, cores and memory, for results. */
export const machineFacts = (): string =>
  `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
