import { fileURLToPath } from 'node:url';

export default {
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['tests/*.e2e.ts'],
    environment: 'node',
    pool: 'forks',
    // Each suite starts a handful of processes of its own.
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
};
