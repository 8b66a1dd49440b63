// Runs a TypeScript file of the workspace on the workspace's Node: node tools/scripts/with-node.mjs FILE [ARGS...]
import { ensureInstalled, run, toolEnvironment, workspaceNode } from './workspace.mjs';

await ensureInstalled();
process.exitCode = await run(workspaceNode(), process.argv.slice(2), { cwd: process.cwd(), env: toolEnvironment() });
