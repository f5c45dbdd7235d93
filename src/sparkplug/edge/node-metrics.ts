import type { PayloadMetric } from '../codec/payload';

/** Name of the metric by which a host asks for all births again; it never has an alias. */
export const REBIRTH = 'Node Control/Rebirth';
/** Name of the metric by which a host sends the edge node to the next server of its list. */
export const NEXT_SERVER = 'Node Control/Next Server';
/** Name of the metric that ties NDEATH to NBIRTH. */
const BD_SEQ = 'bdSeq';

/** @param bdSeq 0 to 255 */
export function bdSeqMetric(bdSeq: number, timestamp: number): PayloadMetric {
  return { name: BD_SEQ, timestamp, type: 'Int64', value: bdSeq };
}

export function rebirthMetric(timestamp: number): PayloadMetric {
  return { name: REBIRTH, timestamp, type: 'Boolean', value: false };
}

export function nextServerMetric(timestamp: number): PayloadMetric {
  return { name: NEXT_SERVER, timestamp, type: 'Boolean', value: false };
}
