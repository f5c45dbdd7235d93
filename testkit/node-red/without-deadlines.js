'use strict';

// Preloaded by a Node-RED in which nothing ends because its time is up: what ends has been ended. A second never passes.
const LONG_MS = 1_000;
const NEVER_MS = 2 ** 31 - 1;
const trueTimeout = globalThis.setTimeout;
const patient = (callback, delayMs, ...rest) => trueTimeout(callback, delayMs >= LONG_MS ? NEVER_MS : delayMs, ...rest);
globalThis.setTimeout = Object.assign(patient, trueTimeout);
