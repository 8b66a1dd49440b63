import { enableCompileCache } from 'node:module';

enableCompileCache(); // halves the start of later calls
const { runCli } = await import('./cli.ts');
process.exitCode = await runCli(process.argv.slice(2));
