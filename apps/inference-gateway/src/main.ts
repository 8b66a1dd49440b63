// `main.ts serve`: the gateway as a process of its own, beside the other services.
const [command] = process.argv.slice(2);

if (command === 'serve') {
  const { serveGateway } = await import('./serve.ts');
  process.exitCode = await serveGateway();
} else {
  process.stderr.write(`Expected "serve", got "${command ?? ''}".\n`);
  process.exitCode = 64;
}
