// The trainer with Jobs that train nothing (`job.ts`): for what is about scheduling alone.
import { fileURLToPath } from 'node:url';
import { serveTrainer } from '@medlego/trainer/serve';

process.exitCode = await serveTrainer({ program: fileURLToPath(new URL('job.ts', import.meta.url)) });
