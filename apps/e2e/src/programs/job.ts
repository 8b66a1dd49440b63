// A Job that trains nothing: it notes that it was started and reports the specialist `blood`.
import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RegistryDefinition, TrainingDefinition } from '@medlego/contracts/rpc';
import { connectRpc } from '@medlego/rpc';

const id = process.argv.at(-1)!;
const { MEDLEGO_ADDRESS, MEDLEGO_HOME } = process.env;
await appendFile(join(dirname(MEDLEGO_HOME!), 'starts'), `${id}\n`);
const rpc = await connectRpc({ address: MEDLEGO_ADDRESS! });
const training = rpc.client(TrainingDefinition);
const attempt = (await training.getTraining({ id })).run!.attempts + 1;
await training.reportRun({ id, attempt, change: { $case: 'started', value: {} } });
const { artifact } = await rpc.client(RegistryDefinition).getArtifact({ ref: 'blood', kinds: ['specialist'] });
await training.reportRun({ id, attempt, change: { $case: 'succeeded', value: { artifact: artifact!.digest } } });
rpc.close();
