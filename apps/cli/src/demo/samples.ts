import type { Dataset, SplitName } from '@medlego/data';
import type { EvaluatedTask } from '@medlego/workflows';
import type { ReportSample } from '../report/report-data.ts';

const imagesPerTask = 8;
const shownProbabilities = 3;

/** The first images of a split with what the artifact says about them. The rows of the sample files are in random order already. */
export async function reportSamples(
  { task, dataset, scores }: EvaluatedTask,
  split: SplitName,
): Promise<ReportSample[]> {
  const { images, count, height, width, channels, labels, labelWidth } = dataset.splits[split];
  const columns = task.labels.length;
  return Promise.all(
    Array.from({ length: Math.min(imagesPerTask, count) }, async (_, row) => {
      const pixels = images.subarray(row * height * width * channels, (row + 1) * height * width * channels);
      const own = Array.from(labels.subarray(row * labelWidth, (row + 1) * labelWidth));
      const truth =
        labelWidth === 1 ? [task.labels[own[0]!]!] : task.labels.filter((_label, index) => own[index] === 1);
      const probabilities = task.labels
        .map((label, column) => [label, Number(scores.data[row * columns + column])] as const)
        .sort(([, a], [, b]) => b - a)
        .slice(0, shownProbabilities);
      return {
        image: await pngUri(pixels, { height, width, channels }),
        truth,
        probabilities: Object.fromEntries(probabilities),
      };
    }),
  );
}

type Size = Pick<Dataset['splits']['test'], 'height' | 'width' | 'channels'>;

async function pngUri(pixels: Uint8Array, raw: Size): Promise<string> {
  const { default: sharp } = await import('sharp');
  const png = await sharp(pixels, { raw }).png().toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
