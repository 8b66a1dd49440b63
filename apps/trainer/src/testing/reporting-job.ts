// A Job that trains nothing: it says what MODE asks for, over gRPC, as a real one does.
import { appendFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { TrainingDefinition, type ReportRunRequest } from '@medlego/contracts/rpc';
import { createChannel, createClient } from 'nice-grpc';

const { values } = parseArgs({ options: { run: { type: 'string' } }, allowPositionals: true });
const id = values.run!;
const { MODE, MEDLEGO_ADDRESS, ARTIFACT, STARTS } = process.env;
const channel = createChannel(MEDLEGO_ADDRESS!);
const training = createClient(TrainingDefinition, channel);

await appendFile(STARTS!, `${id}\n`);
const { run } = await training.getTraining({ id });
const attempt = run!.attempts + 1;
const report = (change: ReportRunRequest['change']) => training.reportRun({ id, attempt, change });

await report({ $case: 'started', value: {} });
await report({ $case: 'started', value: {} }); // as after a lost answer
console.log(`attempt ${attempt}`);
if (MODE === 'wait') await new Promise((resolve) => setTimeout(resolve, 60_000));
if (MODE === 'preempt-once' && attempt === 1) {
  await report({ $case: 'preempted', value: { checkpoint: ARTIFACT! } });
  process.exit(75);
}
if (MODE === 'silent') process.exit(0);
await report({ $case: 'progress', value: { fraction: 0.5, lastLoss: 0.25, message: 'half' } });
await report({ $case: 'succeeded', value: { artifact: ARTIFACT! } });
channel.close();
