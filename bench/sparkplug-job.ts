import { conditionOf } from '../src/sparkplug/metrics/metric-condition';
import type { MetricSample } from '../src/sparkplug/metrics/metrics';

export const GROUP = 'bench';
export const EDGE_NODE = 'edge';
export const LIVE_DEVICE = 'live';
/** In every live message: when it was due, `monotonicMs`. */
const PROBE = 'probe';
/** Metrics of a message. */
export const METRICS = 30;
export const LIVE_EVERY_MS = 10;

export interface Job {
  /**
   * `ours` and `peer`: as much as the broker takes; `paced`: a fixed rate beside live data; `backlog`: live data while
   * values of earlier are forwarded; `limited`: the same within the limits in messages and bytes that an edge node has.
   */
  readonly kind: 'ours' | 'peer' | 'paced' | 'backlog' | 'limited';
  readonly port: number;
  readonly folder: string;
  readonly durationMs: number;
  /** `paced`: metrics per second. */
  readonly rate: number;
  /** `backlog`: values that wait, and how many of them may go out in a second. */
  readonly backlogValues: number;
  readonly historicalPerSecond: number;
  readonly messagesPerSecond?: number;
  readonly bytesPerSecond?: number;
}

/** From and to, `monotonicMs`. */
export type Span = readonly [from: number, to: number];

export interface Report {
  /** PUBLISH messages, births included. */
  readonly messages: number;
  /** Metrics published as present ones, births excluded, and in what time until the broker had answered. */
  readonly metrics: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Values held back because the socket was full. */
  readonly suppressed: number;
  /** Live messages that were due. */
  readonly live: number;
  /** MB in use at the start, in the middle and at the end. */
  readonly heapMegabytes: readonly [number, number, number];
  /** `backlog`: while values were forwarded, and when none waited any more. */
  readonly drained?: Span;
  readonly alone?: Span;
  /** `backlog`: values that the broker has acknowledged, and that are lost. */
  readonly forwarded?: number;
  readonly lost?: number;
}

/** Milliseconds on a clock that all processes of the machine share and nobody sets. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const GOOD = conditionOf('good');
/** One object for all, as descriptions of real metrics are. */
const NO_DESCRIPTION = Object.freeze({});
const NAMES = Array.from({ length: METRICS }, (_, index) => `metric_${index}`);

/** Values of a device, all different from those of another round. */
export function samplesOf(round: number, timestamp = Date.now()): MetricSample[] {
  return NAMES.map((name, index) => ({
    name,
    type: 'Float',
    value: round + index,
    timestamp,
    description: NO_DESCRIPTION,
    condition: GOOD,
  }));
}

/** What a live message has: the probe, and as many further metrics as others. */
export function liveSamples(dueMs: number, round: number): MetricSample[] {
  const [first, ...others] = samplesOf(round);
  return [{ ...first!, name: PROBE, type: 'Double', value: dueMs }, ...others];
}
