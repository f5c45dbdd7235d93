import type { Clock } from '../support/clock';
import type { Block, MeterIdentity, ReceivedBlock, Transport } from '../transport/transport';

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

/** Reads one block, or takes the data of it that the meter sends by itself. */
export function receiveBlock(transport: Transport<MeterIdentity>, block: Block): Promise<Uint8Array | ReceivedBlock> {
  return transport.receive === undefined ? transport.read(block) : transport.receive(block);
}

/**
 * Notes when the data arrived. With implicit messages that is before the request: the data is as old as its frame.
 * @param startedAt when the request was sent, by the monotonic clock
 */
export function rawBlockOf(received: Uint8Array | ReceivedBlock, startedAt: number, clock: Clock): RawBlock {
  if (received instanceof Uint8Array) return rawBlock(received, clock, 0, clock.monotonic() - startedAt);
  const ageMs = Math.max(0, clock.monotonic() - received.arrivedAt);
  return rawBlock(received.bytes, clock, ageMs, ageMs);
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

/** Sizes of assemblies have 16 bits; registers have other numbers than assemblies, and at most 125 words are read. */
const SIZES = 0x1_0000;
const WORDS = 0x80;

/** Blocks of equal content share their reads: a number that they have in common, and no other block. */
export function keyOf(block: Block): number {
  return block.kind === 'assembly' ? block.instance * SIZES + block.sizeBytes : -(block.register * WORDS + block.words);
}
