// The program of both: `main.ts serve`, the service, and `main.ts job --run ID`, which trains one run. Each loads only what it needs.
const [command] = process.argv.slice(2);

switch (command) {
  case 'job': {
    const { trainJob } = await import('./train-job.ts');
    process.exitCode = await trainJob({ argv: process.argv.slice(2), env: process.env });
    break;
  }
  case 'serve': {
    const { serveTrainer } = await import('./serve.ts');
    process.exitCode = await serveTrainer();
    break;
  }
  default:
    process.stderr.write(`Expected "serve" or "job --run ID", got "${command ?? ''}".\n`);
    process.exitCode = 64;
}
