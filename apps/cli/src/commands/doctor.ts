import type { Command } from 'commander';
import { defineAction } from '../context.ts';
export function registerDoctor(program: Command): void {
  defineAction(program.command('doctor').description('what works on this machine, what does not, and why'), async ({ out }) => {
    out.line('ok');
  });
}
