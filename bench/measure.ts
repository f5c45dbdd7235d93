/** One measured rate. */
export interface Rate {
  /** Units of work per second. */
  readonly perSecond: number;
  /** Heap allocated per unit, bytes; NaN where the garbage collector could not be asked. */
  readonly bytesPerUnit: number;
}

function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

/**
 * Runs `work` again and again for about `durationMs` after a warm-up and returns the best of `rounds` rounds: the other
 * rounds were disturbed by something else on the machine.
 * @param work does some work and returns how many units that was
 */
export function measureRate(work: () => number, durationMs = 600, rounds = 3): Rate {
  const warmUpUntil = performance.now() + durationMs / 2;
  while (performance.now() < warmUpUntil) work();
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    collectGarbage();
    const startedAt = performance.now();
    let units = 0;
    let elapsedMs = 0;
    do {
      units += work();
      elapsedMs = performance.now() - startedAt;
    } while (elapsedMs < durationMs);
    best = Math.max(best, (units / elapsedMs) * 1000);
  }
  // Nothing is collected on purpose: after that, what was compiled is compiled anew. Where V8 collected in between, the heap
  // mostly shrinks: that attempt says nothing.
  let [allocated, allocatedBy] = [0, 0];
  const until = performance.now() + durationMs;
  while (performance.now() < until) {
    const heapBefore = process.memoryUsage().heapUsed;
    const units = work();
    const grown = process.memoryUsage().heapUsed - heapBefore;
    if (grown <= 0) continue;
    allocated += grown;
    allocatedBy += units;
  }
  return { perSecond: best, bytesPerUnit: allocated / allocatedBy };
}

/** The value below which `share` (0 to 1) of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
