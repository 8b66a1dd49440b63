import { parentPort } from 'node:worker_threads';
import { invariant } from '@medlego/errors';
import codecs, { type Context } from 'dcmjs-codecs';
import { type CodecReply, type CompressedFrame, type DecompressedFrame } from './messages.ts';

/*
 * The codecs in a thread of their own: they hold their thread for as long as a frame takes, and a broken frame may never end.
 */

const { Context: FrameContext, NativeCodecs, log } = codecs;
log.setLevel('silent');

/** Memory of WebAssembly only grows: above this it is thrown away with the instance. */
const keptBytes = 256 * 1024 ** 2;

invariant(parentPort, 'worker.ts runs as a worker thread');
const port = parentPort;

function decode(frame: CompressedFrame): DecompressedFrame {
  const context = new FrameContext({
    width: frame.columns,
    height: frame.rows,
    bitsAllocated: frame.bitsAllocated,
    bitsStored: frame.bitsStored,
    samplesPerPixel: frame.samplesPerPixel,
    pixelRepresentation: frame.isSigned ? 1 : 0,
    planarConfiguration: 0,
    photometricInterpretation: frame.photometric,
    encodedBuffer: frame.bytes,
  });
  const decoded = run(frame, context);
  return {
    bytes: decoded.getDecodedBuffer()!,
    bitsAllocated: decoded.getBitsAllocated()!,
    samplesPerPixel: decoded.getSamplesPerPixel()!,
    isPlanar: decoded.getPlanarConfiguration() === 1,
    photometric: decoded.getPhotometricInterpretation()!,
  };
}

function run({ codec, photometric }: CompressedFrame, context: Context): Context {
  switch (codec) {
    case 'jpeg':
      return NativeCodecs.decodeJpeg(context, { convertColorspaceToRgb: photometric.startsWith('YBR') });
    case 'jpeg-ls':
      return NativeCodecs.decodeJpegLs(context);
    case 'jpeg-2000':
      return NativeCodecs.decodeJpeg2000(context);
    case 'ht-jpeg-2000':
      return NativeCodecs.decodeHtJpeg2000(context);
  }
}

async function answer(frame: CompressedFrame): Promise<CodecReply> {
  try {
    if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
    const decoded = decode(frame);
    const { wasmApi } = NativeCodecs as unknown as { wasmApi: { wasmMemory: { buffer: ArrayBuffer } } };
    if (wasmApi.wasmMemory.buffer.byteLength > keptBytes) NativeCodecs.release();
    return { ok: true, frame: decoded };
  } catch (error) {
    NativeCodecs.release(); // a failure leaves its memory behind
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

port.on('message', (frame: CompressedFrame) => {
  void answer(frame).then((reply) =>
    port.postMessage(reply, reply.ok ? [reply.frame.bytes.buffer as ArrayBuffer] : []),
  );
});
