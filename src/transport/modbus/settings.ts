import type { Clock } from '../../support/clock';
import type { Logger } from '../../support/logger';
import type { ProductIdentity, Transport } from '../transport';
import type { ReadFunction } from './line';
import type { LineTurns } from './line-turns';

/** What both Modbus transports are told. */
export interface ModbusSettings {
  readonly connectTimeoutMs: number;
  /** For each request, from the moment it is sent. */
  readonly replyTimeoutMs: number;
  /**
   * How long the socket or port is kept when nothing is read; 0 gives it back after each cycle, that is as soon as
   * nothing is waiting to be read. The transport stays open and connects again with its next read.
   */
  readonly releaseAfterIdleMs: number;
  /** 4 (input registers) by default; both give the same values. */
  readonly readFunction?: ReadFunction;
}

/** A Modbus transport, which says whether it holds the meter's only socket (or the port) now. */
export interface ModbusTransport extends Transport<ProductIdentity> {
  readonly holdsLine: boolean;
}

export interface ModbusDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: one for the process, so that no meter ever sees a second socket. */
  readonly lines?: LineTurns;
}
