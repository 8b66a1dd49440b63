// `main.ts serve`: the service. Merges need no Job of their own: they take milliseconds.
const [command] = process.argv.slice(2);

if (command === 'serve') {
  const { serveMerger } = await import('./serve.ts');
  process.exitCode = await serveMerger();
} else {
  process.stderr.write(`Expected "serve", got "${command ?? ''}".\n`);
  process.exitCode = 64;
}
