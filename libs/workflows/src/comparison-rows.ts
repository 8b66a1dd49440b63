/** The rows that an artifact can be held against. */
export const comparisonRows = ['specialist', 'unadapted', 'probe', 'majority'] as const;
export type ComparisonRow = (typeof comparisonRows)[number];
