import type { Command } from 'commander';

/** A command by what the overview needs; its options and its action are loaded when it is called. */
export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  /** Adds arguments, options, help and action to a command that has its name and description already. */
  readonly load: () => Promise<(command: Command) => void>;
}

const entry = (name: string, description: string, load: CommandEntry['load']): CommandEntry => ({
  name,
  description,
  load,
});

/** Every command, in the order of `medlego --help`. A new command is one file and one line here. */
export const commands: readonly CommandEntry[] = [
  entry(
    'demo',
    'the whole story on the sample tasks: train, merge, evaluate, predict, report',
    async () => (await import('./demo.ts')).registerDemo,
  ),
  entry('train', 'train one specialist on a frozen backbone', async () => (await import('./train.ts')).registerTrain),
  entry(
    'merge',
    'merge specialists into one generalist: no training, no patient data',
    async () => (await import('./merge.ts')).registerMerge,
  ),
  entry(
    'tune',
    "search a merge's parameters on validation images, within a budget",
    async () => (await import('./tune.ts')).registerTune,
  ),
  entry(
    'edit',
    'change who is in a generalist, or with what weight: exact, as if merged so at once',
    async () => (await import('./edit.ts')).registerEdit,
  ),
  entry(
    'refit',
    "solve heads again after a merge, each on its own member's images",
    async () => (await import('./refit.ts')).registerRefit,
  ),
  entry(
    'evaluate',
    'measure a specialist or generalist beside the rows that say what its figures are worth',
    async () => (await import('./evaluate.ts')).registerEvaluate,
  ),
  entry(
    'predict',
    'ask about images (PNG, JPEG, WebP, DICOM); not a diagnosis',
    async () => (await import('./predict.ts')).registerPredict,
  ),
  entry(
    'reproduce',
    'make a table or figure of the paper: every row, with statistics, from configuration files',
    async () => (await import('./reproduce.ts')).registerReproduce,
  ),
  entry(
    'serve',
    'answer over REST (Open Inference Protocol v2) and gRPC, one backbone pass for all; not a diagnosis',
    async () => (await import('./serve.ts')).registerServe,
  ),
  entry(
    'token',
    'tokens that let clients in, and what each may do',
    async () => (await import('./token.ts')).registerToken,
  ),
  entry(
    'up',
    'all services in one process, Jobs as child processes: nothing to install',
    async () => (await import('./up.ts')).registerUp,
  ),
  entry(
    'runs',
    'runs of the services, as a list or a live table',
    async () => (await import('./runs.ts')).registerRuns,
  ),
  entry('logs', 'what the Job of a training run writes', async () => (await import('./runs.ts')).registerLogs),
  entry('cancel', 'stop runs of the services', async () => (await import('./runs.ts')).registerCancel),
  entry(
    'track',
    'let a generalist follow tasks: merged, measured and promoted anew with each new specialist',
    async () => (await import('./track.ts')).registerTrack,
  ),
  entry(
    'promote',
    'serve a version of a generalist, if the gate lets it pass',
    async () => (await import('./promote.ts')).registerPromote,
  ),
  entry('rollback', 'serve the version before again', async () => (await import('./promote.ts')).registerRollback),
  entry(
    'dlq',
    'events that a service gave up on: list, show, replay',
    async () => (await import('./dlq.ts')).registerDlq,
  ),
  entry('key', 'keys that sign artifacts', async () => (await import('./key.ts')).registerKey),
  entry('ls', 'list what the store holds', async () => (await import('./store.ts')).registerLs),
  entry('show', 'show one artifact in full', async () => (await import('./store.ts')).registerShow),
  entry('lineage', 'what an artifact was made from', async () => (await import('./store.ts')).registerLineage),
  entry(
    'history',
    'all that a name ever pointed at, oldest first',
    async () => (await import('./history.ts')).registerHistory,
  ),
  entry('verify', 're-hash an artifact, or everything', async () => (await import('./store.ts')).registerVerify),
  entry(
    'gc',
    'find what no name leads to; deletes only with --delete',
    async () => (await import('./store.ts')).registerGc,
  ),
  entry(
    'import',
    'bring in a backbone (timm, Hugging Face, open_clip) or an adapter (PEFT, MeLo)',
    async () => (await import('./import.ts')).registerImport,
  ),
  entry(
    'export',
    'write a specialist or generalist for other tools',
    async () => (await import('./export.ts')).registerExport,
  ),
  entry('backbone', 'frozen vision models', async () => (await import('./backbone.ts')).registerBackbone),
  entry('data', 'data sets: list, download, check', async () => (await import('./data.ts')).registerData),
  entry(
    'doctor',
    'what works on this machine, what does not, and why',
    async () => (await import('./doctor.ts')).registerDoctor,
  ),
  entry(
    'completion',
    'print a completion script for your shell',
    async () => (await import('./completion.ts')).registerCompletion,
  ),
];
