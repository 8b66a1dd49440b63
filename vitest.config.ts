import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{libs,apps,tools}/**/*.spec.ts'],
    exclude: ['**/node_modules/**'],
    environment: 'node',
    // Native runtimes (ONNX Runtime, sharp) keep state per process: one process per spec file.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
