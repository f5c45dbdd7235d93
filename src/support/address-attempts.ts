/**
 * How a name is connected to that has several addresses: they are tried in turn, each for so long, milliseconds. By itself
 * Node.js goes on after 250, which is no pause but the end of that attempt: behind a line that is slower than that (a satellite,
 * a busy cell), and without IPv6, a server with addresses of both kinds would never be reached. Here a SYN that was lost may be
 * sent again, which takes a second.
 */
export const ADDRESS_ATTEMPTS = { autoSelectFamilyAttemptTimeout: 2500 } as const;
