import { CommanderError } from 'commander';
import { AppError, exitCodeOf, exitCodes, type ErrorDocument } from '@medlego/errors';
import pc from 'picocolors';

const documentOf = (error: unknown): ErrorDocument => {
  if (error instanceof AppError) return error.toJSON();
  if (error instanceof CommanderError)
    return { code: 'usage', message: error.message.replace(/^error: /, ''), facts: { reason: error.code } };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error), facts: {} };
};

/** Tells the user what went wrong (one JSON document on stdout, or words on stderr) and returns the exit code. */
export function reportFailure(error: unknown, { json, silent = false }: { json: boolean; silent?: boolean }): number {
  const document = documentOf(error);
  if (json) process.stdout.write(`${JSON.stringify({ error: document })}\n`);
  else if (!silent) {
    process.stderr.write(`${pc.red('Error')} (${document.code}): ${document.message}\n`);
    const isBug = document.code === 'internal' && error instanceof Error;
    if (isBug || process.env['MEDLEGO_DEBUG']) process.stderr.write(`${pc.dim((error as Error).stack ?? '')}\n`);
  }
  return error instanceof CommanderError ? exitCodes.badRequest : exitCodeOf(error);
}
