/** Python that seeds all generators of random numbers, and leaves no name behind. */
export function seedCode(seed: number): string {
  return `def _seed():
    import random, sys
    random.seed(${seed})
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(${seed})
_seed()
del _seed`;
}
