import { describe, expect, it } from 'vitest';
import { countOps } from '../../tests/rewritten.ts';
import {
  adapterWeights,
  headWeights,
  imageBatch,
  tinyVit,
  vitTrainStep,
  vitWeights,
  withAdamSlots,
} from '../../tests/small-vit.ts';
import { registerGradients } from '../gradients/index.ts';
import type { Graph } from '../ir/graph.ts';
import { signatureOf, traceProgram } from '../trace/trace.ts';
import { rewriteGraph, type RewriteOptions } from './index.ts';

const backbone = vitWeights(tinyVit, 1);
const { depth, embedDim: d } = tinyVit;

/** A training step of SVD-LoRA; its numbers are checked against `cpu` in train-step.spec.ts. */
function trainingStep(options?: RewriteOptions): Graph {
  registerGradients();
  const graph = traceProgram({
    spec: { name: 'step', fn: vitTrainStep(tinyVit), constants: backbone },
    inputs: signatureOf(imageBatch(tinyVit, 4, 4)),
    state: signatureOf(withAdamSlots({ ...headWeights(tinyVit, 2), ...adapterWeights(tinyVit, 3) })),
  });
  rewriteGraph(graph, options);
  return graph;
}

/** How many operators read the data of a backbone tensor, as a whole or as a view. */
function readers(graph: Graph, name: string): number {
  const { buffer } = backbone[name]!.data;
  const users = [...graph.initializers]
    .filter(([, { data }]) => data.buffer === buffer)
    .flatMap(([value]) => graph.consumers(value));
  return new Set(users).size;
}

describe('rewriteGraph on a training step', () => {
  const graph = trainingStep();

  it('fuses normalisations and takes the gradient of GELU and softmax from what the forward pass kept', () => {
    const ops = countOps(graph);
    expect(ops['LayerNormalization']).toBe(2 * depth + 1);
    expect(ops['Erf']).toBe(depth);
    expect(ops['Softmax']).toBe(depth);
    expect([...graph.nodes].filter(({ op }) => op === 'Gemm').some(({ inputs }) => inputs.length === 3)).toBe(true);
  });

  it('transposes no frozen weight', () => {
    const transposes = [...graph.nodes].filter(({ op }) => op === 'Transpose');
    expect(transposes.filter(({ inputs }) => graph.constantOf(inputs[0]!))).toEqual([]);
  });

  it('computes nothing for frozen weights', () => {
    const frozen = new Set(
      [
        [3 * d, d],
        [4 * d, d],
        [d, 4 * d],
      ].map((shape) => shape.join()),
    );
    const computed = [...graph.nodes].flatMap(({ outputs }) => outputs).filter((output) => output !== '');
    expect(computed.filter((output) => frozen.has(graph.info(output).shape.join()))).toEqual([]);
  });

  it('computes nothing below the first adapter', () => {
    expect(readers(graph, 'patch_embed.proj.weight')).toBe(1);
    expect(readers(graph, 'blocks.0.attn.qkv.weight')).toBe(3); // q, k and v forward; no gradient of the block's input
    expect(readers(graph, 'blocks.1.attn.qkv.weight')).toBe(6);
    expect(readers(graph, 'blocks.0.mlp.fc1.weight')).toBe(2);
  });

  it('uses operators of ONNX Runtime only where that is allowed', () => {
    const domains = (rewritten: Graph) => new Set([...rewritten.nodes].map(({ domain }) => domain));
    expect(domains(graph)).toContain('com.microsoft');
    expect(domains(trainingStep({ fuse: false }))).toEqual(new Set(['']));
  });
});
