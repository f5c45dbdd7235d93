import type { Clock } from '../support/clock';
import type { Block, MeterIdentity, Transport } from '../transport/transport';

/** One answer of the meter, shared by everybody who asked for it. */
export interface RawBlock {
  readonly bytes: Uint8Array;
  /** When the data arrived, epoch milliseconds UTC. */
  readonly timestamp: number;
  /** When the data arrived by the uptime of this host, ms: what elapsed between two reads is told by this alone. */
  readonly uptimeMs: number;
  /** Request to reply; of data that the meter sends by itself its age when it was read. */
  readonly latencyMs: number;
}

/**
 * Reads one block and notes when it arrived. With implicit messages that is before the request: the data is as old as
 * its frame.
 */
export async function receiveBlock(transport: Transport<MeterIdentity>, block: Block, clock: Clock): Promise<RawBlock> {
  const startedAt = clock.monotonic();
  if (transport.receive === undefined) {
    const bytes = await transport.read(block);
    return rawBlock(bytes, clock, 0, clock.monotonic() - startedAt);
  }
  const { bytes, arrivedAt } = await transport.receive(block);
  const ageMs = Math.max(0, clock.monotonic() - arrivedAt);
  return rawBlock(bytes, clock, ageMs, ageMs);
}

/** Both clocks are asked at once, so that what lies between them says whether one was set. */
function rawBlock(bytes: Uint8Array, clock: Clock, ageMs: number, latencyMs: number): RawBlock {
  return {
    bytes,
    timestamp: Math.floor(clock.now() - ageMs),
    uptimeMs: Math.round(clock.uptime() - ageMs),
    latencyMs,
  };
}

/** Blocks of equal content share their reads. */
export function keyOf(block: Block): string {
  return block.kind === 'assembly' ? `${block.instance}/${block.sizeBytes}` : `${block.register}+${block.words}`;
}
