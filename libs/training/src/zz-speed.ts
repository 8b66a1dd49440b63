import { openEngine } from '@medlego/engine';
import { createSpecialistStep, parseTrainingSettings } from '@medlego/training';
import { initHead, initParams, presetConfig, initAdapter } from '@medlego/vit';
import { float32 } from '@medlego/tensors';
const [threads, batch, kind] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4] ?? 'full'];
const engine = await openEngine({ intraOpThreads: threads });
const config = presetConfig('vit-nano');
const params = initParams(config, 0);
const settings = parseTrainingSettings({ adapter: { kind }, batchSize: batch });
const s = createSpecialistStep(engine, { config, params, task: { kind: 'multi-class', labels: [...'abcdefghij'] }, settings, adapter: initAdapter(config, settings.adapter, { seed: 0, params }), head: initHead(config, 10, 0) });
const state = await s.step.createState(s.initial);
const b = { images: float32([batch, 28, 28, 3], Float32Array.from({ length: batch * 28 * 28 * 3 }, () => Math.random())), targets: float32([batch, 10], new Float32Array(batch * 10).map((_, i) => (i % 10 === (i / 10 | 0) % 10 ? 1 : 0))), weights: float32([batch], new Float32Array(batch).fill(1 / batch)), count: batch };
const t00 = performance.now();
for (let i = 0; i < 2; i++) await s.step.run(b, { learningRate: 1e-3, update: i + 1 }, state);
console.log('first two', performance.now() - t00);
const t0 = performance.now(); const c0 = process.cpuUsage(); let n = 0;
let l; while (performance.now() - t0 < 8000) { l = await s.step.run(b, { learningRate: 1e-3, update: n + 3 }, state); n++; }
const dt = (performance.now() - t0) / 1000; const c = process.cpuUsage(c0);
console.log({ threads, batch, kind, imagesPerSecond: (n * batch) / dt, msPerStep: 1000 * dt / n, cpuPerImageMs: (c.user + c.system) / 1000 / (n * batch), loss: l!.loss });
