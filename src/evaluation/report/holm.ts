/**
 * Adjusts the p-values of several tests (Holm, 1979): if each that is at most 0.05 afterwards is taken for a finding,
 * the chance of even one false finding among all tests is at most 5 %. The order stays.
 */
export function holmAdjusted(pValues: readonly number[]): readonly number[] {
  const adjusted = pValues.map(() => 1);
  const ranked = pValues.map((p, index) => ({ p, index })).toSorted((a, b) => a.p - b.p);
  let highest = 0;
  for (const [rank, { p, index }] of ranked.entries()) {
    highest = Math.min(1, Math.max(highest, p * (ranked.length - rank)));
    adjusted[index] = highest;
  }
  return adjusted;
}
