import type { Manifest } from './manifest.ts';

export type Terms = Pick<Manifest, 'licences' | 'nonCommercial'>;

/** Terms of something made from all of these: every licence once, sorted; non-commercial if any is. */
export function joinTerms(sources: readonly Terms[]): Terms {
  return {
    licences: [...new Set(sources.flatMap(({ licences }) => licences))].sort(),
    nonCommercial: sources.some(({ nonCommercial }) => nonCommercial),
  };
}
