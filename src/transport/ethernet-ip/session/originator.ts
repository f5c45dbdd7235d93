import type { Random } from '../../../support/random';
import type { ConnectionIds } from '../wire/connection-parameters';

/** This software has no vendor number of its own; the highest one stands for none that was given to somebody. */
const VENDOR_ID = 0xffff;

/** Who opens connections: numbers that no connection of this process shares with another one of it. */
export class Originator {
  private readonly serialNumber: number;
  private readonly idBase: number;
  private connectionSerial: number;
  private connectionId = 0;

  /** @param random where the numbers begin, so that a restarted process is not taken for the one before */
  constructor(random: Random) {
    this.serialNumber = Math.floor(random() * 0xffff_ffff) >>> 0;
    this.connectionSerial = Math.floor(random() * 0xffff);
    this.idBase = Math.floor(random() * 0xffff);
  }

  /** The numbers of the next connection. */
  nextIds(): ConnectionIds {
    this.connectionSerial = (this.connectionSerial + 1) & 0xffff;
    return { connectionSerial: this.connectionSerial, vendorId: VENDOR_ID, originatorSerial: this.serialNumber };
  }

  /** A connection id for T->O that is not 0 and not in use, as long as fewer than 65536 connections are open. */
  nextConnectionId(): number {
    this.connectionId = (this.connectionId % 0xffff) + 1;
    return this.idBase * 0x1_0000 + this.connectionId;
  }
}

let shared: Originator | undefined;

/** The one originator of the process: its serial numbers are unique because nobody else gives them. */
export function processOriginator(random: Random): Originator {
  return (shared ??= new Originator(random));
}
