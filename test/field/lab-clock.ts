import { systemClock, type Clock } from '../../src/support/clock';

/** Variable of the environment with the epoch milliseconds at which the monotonic clock of this computer was zero. */
export const LAB_EPOCH = 'PM500_LAB_EPOCH';

/** Milliseconds of a clock that all processes of this computer share. */
const sharedMs = (): number => Number(process.hrtime.bigint()) / 1e6;

process.env[LAB_EPOCH] ??= String(Date.now() - sharedMs());
const epochMs = Number(process.env[LAB_EPOCH]);

/** One wall clock for the meters and their reader, to the millisecond, which nobody sets. */
export const labClock: Clock = { ...systemClock, now: () => Math.floor(epochMs + sharedMs()) };
