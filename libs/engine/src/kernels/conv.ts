import * as tf from '@tensorflow/tfjs-core';
import { ints } from '../ir/types.ts';
import type { GraphBuilder, Sym } from '../trace/builder.ts';
import { kernel, Untranslatable, type SymsOf, type TraceKernel } from '../trace/kernel.ts';
import { activate } from './matmul.ts';

/** tfjs convolves NHWC with HWIO filters, ONNX NCHW with OIHW. */
const toNchw = [0, 3, 1, 2];
const toNhwc = [0, 2, 3, 1];
const hwioToOihw = [3, 2, 0, 1];

type ConvInfo = tf.backend_util.Conv2DInfo;

interface ConvAttrs {
  readonly strides: [number, number] | number;
  readonly pad: tf.Conv2DAttrs['pad'];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function convInfo(xShape: readonly number[], filterShape: readonly number[], attrs: ConvAttrs): ConvInfo {
  if (attrs.dataFormat && attrs.dataFormat !== 'NHWC') throw new Untranslatable(`data format ${attrs.dataFormat}`);
  return tf.backend_util.computeConv2DInfo(
    [...xShape] as [number, number, number, number],
    [...filterShape] as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

const pads = ({ padInfo: p }: ConvInfo) => ints([p.top, p.left, p.bottom, p.right]);

function conv2d(b: GraphBuilder, x: Sym, filter: Sym, attrs: ConvAttrs): Sym {
  const info = convInfo(x.shape, filter.shape, attrs);
  const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth];
  const y = b.op('Conv', [b.transpose(x, toNchw), b.transpose(filter, hwioToOihw)], shape, 'float32', {
    strides: ints([info.strideHeight, info.strideWidth]),
    dilations: ints([info.dilationHeight, info.dilationWidth]),
    pads: pads(info),
  });
  return b.transpose(y, toNhwc); // [N, H, W, out]
}

/** dL/dx: the transposed convolution of dy; rows that no window reached get zeros through output_padding. */
function inputGradient(b: GraphBuilder, dy: Sym, filter: Sym, info: ConvInfo): Sym {
  const { padInfo: p, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info;
  const span = (out: number, stride: number, kernelSize: number) => (out - 1) * stride + kernelSize;
  const missing = (size: number, out: number, stride: number, kernelSize: number, padding: number) =>
    size - (span(out, stride, kernelSize) - padding);
  const rows = missing(inHeight, outHeight, strideHeight, info.effectiveFilterHeight, p.top + p.bottom);
  const columns = missing(inWidth, outWidth, strideWidth, info.effectiveFilterWidth, p.left + p.right);
  const shape = [info.batchSize, info.inChannels, inHeight, inWidth];
  // ONNX ConvTranspose wants [channels of dy, channels of x, H, W].
  const dx = b.op('ConvTranspose', [b.transpose(dy, toNchw), b.transpose(filter, [3, 2, 0, 1])], shape, 'float32', {
    strides: ints([strideHeight, strideWidth]),
    dilations: ints([info.dilationHeight, info.dilationWidth]),
    pads: pads(info),
    output_padding: ints([rows, columns]),
  });
  return b.transpose(dx, toNhwc);
}

/** dL/dfilter: x convolved with dy, batch and channels swapped, strides and dilations swapped. */
function filterGradient(b: GraphBuilder, x: Sym, dy: Sym, info: ConvInfo): Sym {
  const { filterHeight, filterWidth, inChannels, outChannels } = info;
  // Rows of x that the last window did not reach would give extra rows of filter; they are cut.
  const full = (size: number, padding: number, out: number, stride: number, dilation: number) =>
    Math.floor((size + padding - ((out - 1) * stride + 1)) / dilation) + 1;
  const { padInfo: p } = info;
  const rows = full(info.inHeight, p.top + p.bottom, info.outHeight, info.strideHeight, info.dilationHeight);
  const columns = full(info.inWidth, p.left + p.right, info.outWidth, info.strideWidth, info.dilationWidth);
  const grad = b.op(
    'Conv',
    [b.transpose(x, [3, 0, 1, 2]), b.transpose(dy, [3, 0, 1, 2])], // [in, N, H, W], [out, N, h, w]
    [inChannels, outChannels, rows, columns],
    'float32',
    {
      strides: ints([info.dilationHeight, info.dilationWidth]),
      dilations: ints([info.strideHeight, info.strideWidth]),
      pads: pads(info),
    },
  );
  const cut = b.slice(grad, [0, 0, 0, 0], [inChannels, outChannels, filterHeight, filterWidth]);
  return b.transpose(cut, [2, 3, 0, 1]);
}

export const convKernels: readonly TraceKernel[] = [
  kernel<tf.Conv2DInputs, ConvAttrs>(tf.Conv2D, (b, { x, filter }, attrs) => conv2d(b, x, filter, attrs)),
  kernel<tf.FusedConv2DInputs, tf.FusedConv2DAttrs>(
    tf.FusedConv2D,
    (b, { x, filter, bias }: SymsOf<tf.FusedConv2DInputs>, attrs) => {
      const y = conv2d(b, x, filter, attrs as ConvAttrs);
      return activate(b, (bias as Sym | undefined) !== undefined ? b.binary('Add', y, bias) : y, attrs.activation);
    },
  ),
  kernel<tf.Conv2DBackpropInputInputs, tf.Conv2DBackpropInputAttrs>(
    tf.Conv2DBackpropInput,
    (b, { dy, filter }, attrs) =>
      inputGradient(b, dy, filter, convInfo(attrs.inputShape, filter.shape, attrs as ConvAttrs)),
  ),
  kernel<tf.Conv2DBackpropFilterInputs, tf.Conv2DBackpropFilterAttrs>(tf.Conv2DBackpropFilter, (b, { x, dy }, attrs) =>
    filterGradient(b, x, dy, convInfo(x.shape, attrs.filterShape, attrs as ConvAttrs)),
  ),
];
