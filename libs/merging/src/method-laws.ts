/** Parameters under which a law holds; empty for the defaults. */
export type LawParams = Readonly<Record<string, unknown>>;

/**
 * Laws that a method promises beside those that hold for every method (order of members, λ, scale, zero members). The law
 * suite checks each promise on every space of the method; what a method does not promise it need not keep.
 */
export interface MethodLaws {
  /** One member at weight 1 merges to itself. */
  readonly single?: LawParams;
  /** Copies of one member merge to it. */
  readonly duplicates?: LawParams;
  /** A member and its negative merge to zero. */
  readonly cancels?: LawParams;
  /** A member of weight −1 counts as its negative. */
  readonly signedWeights?: LawParams;
  /** A zero member changes nothing. */
  readonly ignoresZero?: LawParams;
  /** A member of weight 0 is as good as absent: removed equals never merged. */
  readonly weightless?: LawParams;
  /** All spaces give the same result. */
  readonly basisFree?: LawParams;
  /** Members that have nothing in common may merge to zero. */
  readonly mayVanish?: LawParams;
}
