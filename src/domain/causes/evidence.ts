import type { ErrorCode } from '../../support/errors';
import type { PlaceValue, Sentence } from '../../support/sentence';

/**
 * What a port said when it was asked by List Identity who it is. `closed`: it ended the connection before it was asked,
 * `hung-up`: when it was.
 */
export type FirstWords = 'identity' | 'tls' | 'http' | 'others' | 'closed' | 'hung-up' | 'silence' | 'refused';

/** Who a device says it is, compared with what was looked for. */
export type Who = 'model' | 'other' | 'other-catalog-number' | 'unknown';

/**
 * What was seen while a meter was tried: facts, each of few values, so that a cause is a row that names them. Absent is
 * what was not looked at.
 */
export interface Evidence {
  /** How the meter was asked. */
  readonly way: 'ethernet-ip' | 'modbus-tcp' | 'modbus-rtu' | 'modbus-rtu-tcp';
  /** What kept it from being read; absent where it was read. */
  readonly error?: ErrorCode;
  /** What the operating system said, for instance ECONNREFUSED. */
  readonly socket?: string;
  /** What the TCP port said to another connection, once the first one had come to nothing. */
  readonly words?: FirstWords;
  /** Who answered List Identity by UDP at the same address. */
  readonly udp?: Who | 'silence';
  /** True: that answer names another TCP port than was tried. */
  readonly hasOtherPort?: boolean;
  /** True: bytes came in place of a Modbus reply. */
  readonly hasStrangeBytes?: boolean;
  /** Who was reached, where somebody told. */
  readonly device?: Who;
}

/** What the sentences of causes name. */
export interface EvidenceWords extends Readonly<Record<string, PlaceValue>> {
  /** Address and port, or serial port and unit. */
  readonly where: string;
  readonly host: string;
  readonly port: number;
  readonly unit: number;
  /** Name of the meter model. */
  readonly model: string;
  /** What a device that was reached calls itself, or what a port said. */
  readonly device: string | Sentence;
  /** TCP port that a device names at the same address. */
  readonly announced: number;
  /** What the transport said, a whole sentence. */
  readonly detail: Sentence;
}
