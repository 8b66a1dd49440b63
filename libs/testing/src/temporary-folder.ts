import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** A new empty folder, removed with all it holds when the running test ends. Call it inside a test or a `beforeEach`. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'medlego-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A folder for all tests of a `describe`, removed after the last; call it in the body of the `describe`, not in a test or hook. */
export function suiteFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'medlego-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
