import { enableCompileCache } from 'node:module';

enableCompileCache(); // halves the start of later calls
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0); // the reader, such as `head`, has seen enough
  throw error;
});
const { runCli } = await import('./cli.ts');
process.exitCode = await runCli(process.argv.slice(2));
