/**
 * How likely it is by chance that two ways to play the same tasks differ so much or more, two-sided and exact. Each
 * inner list holds the differences of one task, a -1, 0 or 1 for each try. If the ways were alike, each task's sum of
 * differences could as well have had the other sign; the tries at one task keep together, because they are alike.
 * With one try at each task this is McNemar's exact test.
 */
export function pairedPValue(tasks: readonly (readonly number[])[]): number {
  const sums = tasks
    .map((tries) => tries.reduce((sum, value) => sum + value, 0))
    .filter((sum) => sum !== 0);
  const sizes = sums.map(Math.abs);
  if (sizes.every((size) => size === 1)) {
    const firstOnly = sums.filter((sum) => sum > 0).length;
    return mcNemar(firstOnly, sums.length - firstOnly);
  }
  const observed = Math.abs(sums.reduce((total, sum) => total + sum, 0));
  const most = sizes.reduce((total, size) => total + size, 0);
  // The chance of each total of the signed sizes, from -most to most.
  let chances = new Float64Array(2 * most + 1);
  chances[most] = 1;
  let reach = 0;
  for (const size of sizes) {
    const next = new Float64Array(chances.length);
    for (let index = most - reach; index <= most + reach; index++) {
      const half = chances[index]! / 2;
      next[index - size]! += half;
      next[index + size]! += half;
    }
    reach += size;
    chances = next;
  }
  const extreme = chances.filter((_, index) => Math.abs(index - most) >= observed);
  return Math.min(
    1,
    extreme.reduce((sum, chance) => sum + chance, 0),
  );
}

/** The exact McNemar test: twice the binomial tail, with a chance of one half for each side. */
export function mcNemar(firstOnly: number, secondOnly: number): number {
  const total = firstOnly + secondOnly;
  let tail = 0;
  // Logarithms, because the binomial coefficients of some hundred tasks leave the range of numbers.
  let logTerm = -total * Math.LN2;
  for (let k = 0; k <= Math.min(firstOnly, secondOnly); k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(total - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * tail);
}
