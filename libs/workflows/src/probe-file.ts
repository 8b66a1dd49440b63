/** Where a generalist keeps the linear head that was solved for a task on the plain backbone. */
export const probeFileOf = (task: string): string => `probes/${task}.safetensors`;
