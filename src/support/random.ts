/** A source of numbers in [0, 1). Randomness is an argument, so that a seed repeats a run exactly. */
export type Random = () => number;

/**
 * A small deterministic generator (mulberry32: 32-bit state, period 2^32), good for loads and tests, not for secrets.
 * @param seed any integer; its low 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
