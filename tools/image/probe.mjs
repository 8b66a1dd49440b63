/* global AbortSignal, fetch */
// What `helm test` runs: asks a gateway whether it is ready and, if a model is named, for one prediction.
const base = process.env.MEDLEGO_PROBE_URL ?? 'http://127.0.0.1:8080';
const model = process.env.MEDLEGO_PROBE_MODEL;
const token = process.env.MEDLEGO_TOKEN;

async function ask(path, body) {
  const response = await fetch(base + path, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: expected 200, got ${response.status} ${text.slice(0, 500)}`);
  return text;
}

try {
  await ask('/v2/health/live');
  await ask('/v2/health/ready');
  console.log(`${base} is ready`);
  if (model) {
    const side = 32;
    const data = Array.from({ length: side * side * 3 }, (_, index) => index % 256);
    const input = { name: 'image', datatype: 'UINT8', shape: [1, side, side, 3], data };
    const { model_version: version, outputs } = JSON.parse(await ask(`/v2/models/${model}/infer`, { inputs: [input] }));
    if (!outputs?.length || outputs.some((output) => output.data.some((value) => !Number.isFinite(value))))
      throw new Error(`${model}: expected outputs of finite numbers, got ${JSON.stringify(outputs).slice(0, 500)}`);
    console.log(`${model} ${version ?? ''} answered: ${outputs.map((output) => output.name).join(', ')}`);
  }
} catch (error) {
  console.error(error.cause ? `${error.message}: ${error.cause.message}` : error.message);
  process.exitCode = 1;
}
