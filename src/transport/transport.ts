import type { Pm500Error } from '../support/errors';

/** What can be read in one request: an assembly instance whose data has a known size. */
export interface AssemblyBlock {
  readonly kind: 'assembly';
  readonly instance: number;
  /** Exact length of the data in bytes; any other length is an error, never padded or cut. */
  readonly sizeBytes: number;
}

/** A value from the meter table; register spans join this union with the Modbus transports. */
export type Block = AssemblyBlock;

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

export type TransportState = 'closed' | 'opening' | 'open';

export interface TransportStateChange {
  readonly state: TransportState;
  /** Why it closed, when it did not close on request. */
  readonly error?: Pm500Error;
}

/**
 * One connection to one meter. Implementations reassemble, check and time out; they never decode and never retry: after
 * a failure the transport is `closed` and may be opened again.
 */
export interface Transport {
  /**
   * Connects. Opening an open transport does nothing.
   * @throws Pm500Error coded, when the meter cannot be reached or refuses the session, or `signal` aborts (ABORTED)
   */
  open(signal?: AbortSignal): Promise<void>;
  /**
   * Reads one block: exactly `sizeBytes` bytes in the meter's byte order, owned by the caller.
   * @throws Pm500Error coded; a CIP error reply leaves the transport open, anything doubtful closes it
   */
  read(block: Block, signal?: AbortSignal): Promise<Uint8Array>;
  /** Reads the Identity object. */
  identify(signal?: AbortSignal): Promise<Identity>;
  /** Closes for good or until the next `open`; pending calls are rejected. Never throws, may be called twice. */
  close(): Promise<void>;
  readonly state: TransportState;
  /** Calls `listener` on every change until the returned function is called. */
  onState(listener: (change: TransportStateChange) => void): () => void;
}
