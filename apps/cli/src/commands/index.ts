import type { Command } from 'commander';
import { registerCompletion } from './completion.ts';
import { registerDoctor } from './doctor.ts';

/** Every command, in the order of `medlego --help`. A new command is one file and one line here. */
export const commands: readonly ((program: Command) => void)[] = [registerDoctor, registerCompletion];
