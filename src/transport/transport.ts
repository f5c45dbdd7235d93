import { Pm500Error } from '../support/errors';

/** What can be read in one request: an assembly instance whose data has a known size. */
export interface AssemblyBlock {
  readonly kind: 'assembly';
  readonly instance: number;
  /** Exact length of the data in bytes; any other length is an error, never padded or cut. */
  readonly sizeBytes: number;
}

/** What can be read in one Modbus request: a span of registers. */
export interface RegisterBlock {
  readonly kind: 'registers';
  /** Printed number of the first register, 3xxxxx. */
  readonly register: number;
  /** Registers of 16 bits, at most 125; each has its high byte first in the bytes that are read. */
  readonly words: number;
}

/** A value from the meter table. A transport refuses a block of a kind that its protocol does not have. */
export type Block = AssemblyBlock | RegisterBlock;

/** What the Identity object says (CIP class 0x01, instance 1; 1420-UM001D pp.74-76). */
export interface Identity {
  readonly vendorId: number;
  readonly deviceType: number;
  readonly productCode: number;
  readonly revision: { readonly major: number; readonly minor: number };
  readonly status: number;
  readonly serialNumber: number;
  readonly productName: string;
}

/** What the product registers say (Modbus 300001-300003 and 300033-300039; 1420-UM001E p.49 Table 10). */
export interface ProductIdentity {
  /** ASCII model letter and number, for instance "A.7"; empty when all bits are zero. */
  readonly firmwareBase: string;
  readonly firmwareCommunication: string;
  /** Empty when no analog module is fitted. */
  readonly firmwareAnalog: string;
  /** 13 letters, whose meaning the manual pages that were read do not state. */
  readonly letters: string;
}

/** What a meter says of itself: over EtherNet/IP the Identity object, over Modbus its product registers. */
export type MeterIdentity = Identity | ProductIdentity;

/** Data that came by itself. */
export interface ReceivedBlock {
  readonly bytes: Uint8Array;
  /** By the monotonic clock, milliseconds. */
  readonly arrivedAt: number;
}

/** What the I/O connections of one meter send and receive: plain counters since it was configured. */
export interface IoTraffic {
  /** Connections open now whose data comes by a multicast group, and those whose data is sent to us alone. */
  readonly multicast: number;
  readonly pointToPoint: number;
  /** The groups, as "239.192.1.0:2222". */
  readonly groups: readonly string[];
  /** Frames of the meter that were taken. */
  readonly frames: number;
  /** Frames that never came, by their sequence numbers. */
  readonly missed: number;
  /** Frames that came twice, late or out of order, and were dropped. */
  readonly stale: number;
  /** Heartbeats that were sent to the meter. */
  readonly heartbeats: number;
}

export type TransportState = 'closed' | 'opening' | 'open';

export interface TransportStateChange {
  readonly state: TransportState;
  /** Why it closed, when it did not close on request. */
  readonly error?: Pm500Error;
}

/**
 * One connection to one meter. Implementations reassemble, check and time out; they never decode and never retry: after
 * a failure the transport is `closed` and may be opened again. `Told` is how its protocol identifies a meter.
 */
export interface Transport<Told extends MeterIdentity = Identity> {
  /**
   * Connects. Opening an open transport does nothing.
   * @throws Pm500Error coded, when the meter cannot be reached or refuses the session, or `signal` aborts (ABORTED)
   */
  open(signal?: AbortSignal): Promise<void>;
  /**
   * Reads one block: exactly its bytes (`sizeBytes`, or two for each register) in the meter's byte order, owned by the
   * caller.
   * @throws Pm500Error coded; a refusal by the meter (CIP error, Modbus exception) leaves the transport open, anything
   * doubtful closes it; BLOCK_UNSUPPORTED for a kind of block that the protocol does not have
   */
  read(block: Block, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * Like `read`, for a transport to which the meter sends by itself: tells when the data came, which is before the
   * request. Absent where data comes only on request.
   */
  receive?(block: Block, signal?: AbortSignal): Promise<ReceivedBlock>;
  /** How the data of I/O connections comes; a copy. Absent where there are none. */
  readonly traffic?: IoTraffic;
  /** Reads what the meter says of itself. */
  identify(signal?: AbortSignal): Promise<Told>;
  /** Closes for good or until the next `open`; pending calls are rejected. Never throws, may be called twice. */
  close(): Promise<void>;
  readonly state: TransportState;
  /** Calls `listener` on every change until the returned function is called. */
  onState(listener: (change: TransportStateChange) => void): () => void;
}

/** The refusal of a block that `protocol` cannot read. */
export function blockUnsupported(block: Block, protocol: string): Pm500Error {
  const what = block.kind === 'assembly' ? `Assembly ${block.instance}` : `Register ${block.register}`;
  const other = block.kind === 'assembly' ? 'EtherNet/IP' : 'Modbus';
  return new Pm500Error(
    'BLOCK_UNSUPPORTED',
    `${what} cannot be read over ${protocol}; choose a transport over ${other} for it.`,
  );
}
