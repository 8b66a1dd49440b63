import { InvalidArgumentError, type Command, Option } from 'commander';
import type { Engine } from '@medlego/engine';
import type { CommandContext, CommonOptions } from './context.ts';

export interface ComputeOptions extends CommonOptions {
  readonly engine: 'onnx' | 'tensorflow' | 'cpu';
  readonly device: 'cpu' | 'cuda';
  readonly threads?: number;
}

/** A commander parser for numbers in a range. */
export const numberBetween =
  (least: number, most = Infinity, whole = false) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most) || (whole && !Number.isInteger(value)))
      throw new InvalidArgumentError(
        `Expected a ${whole ? 'whole ' : ''}number from ${least}${most === Infinity ? '' : ` to ${most}`}, got "${text}".`,
      );
    return value;
  };

export const wholeNumber = (least: number): ((text: string) => number) =>
  numberBetween(least, Number.MAX_SAFE_INTEGER, true);

/** Adds the options of every command that computes. */
export function withComputeOptions(command: Command): Command {
  return command
    .addOption(new Option('--engine <name>', 'what computes').choices(['onnx', 'tensorflow', 'cpu']).default('onnx'))
    .addOption(
      new Option('--device <name>', 'asked for and missing is an error').choices(['cpu', 'cuda']).default('cpu'),
    )
    .option('--threads <n>', 'threads inside one operator (default: all cores)', wholeNumber(1));
}

/** Opens the engine, runs `body` and closes it again. */
export async function withEngine<T>(
  { out }: CommandContext,
  { engine: name, device, threads }: ComputeOptions,
  body: (engine: Engine) => Promise<T>,
): Promise<T> {
  const { openEngine } = await import('@medlego/engine');
  const engine = await openEngine({ engine: name, device, intraOpThreads: threads });
  out.note(`Engine: ${engine.info.engine} on ${engine.info.device}, ${engine.info.intraOpThreads} threads`);
  try {
    return await body(engine);
  } finally {
    await engine.dispose();
  }
}
