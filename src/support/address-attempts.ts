/** As Node.js gives by itself, and the most that one is given, milliseconds. */
const [SHORTEST_MS, LONGEST_MS] = [250, 2500];
/** So many are tried before whoever waits gives up. */
const ATTEMPTS = 4;

/**
 * How a name is connected to that has several addresses: they are tried in turn, each for so long. By itself
 * Node.js goes on after 250, which is no pause but the end of that attempt: behind a line that is slower than that (a satellite,
 * a busy cell), and without IPv6, a server with addresses of both kinds would never be reached. Here a SYN that was lost may be
 * sent again, which takes a second.
 * @param patienceMs when whoever waits gives up: the last of some addresses must have its turn before that
 */
export function addressAttempts(patienceMs: number): { readonly autoSelectFamilyAttemptTimeout: number } {
  const fair = Math.floor(patienceMs / ATTEMPTS);
  return { autoSelectFamilyAttemptTimeout: Math.max(SHORTEST_MS, Math.min(LONGEST_MS, fair)) };
}
