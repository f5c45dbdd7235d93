import type { Clock } from '../support/clock';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import type { ListeningService } from './ethernet-ip/connection-admission';
import type { LoadProfile } from './model/load-profile';
import type { PlcChoice } from './ethernet-ip/plc-keeper';

/** One meter of a simulator. */
export interface SimulatedMeterSettings {
  /** IPv4 address to listen on. */
  readonly bind: string;
  /** TCP and UDP port; 0 lets the system choose. Default: the port of EtherNet/IP. */
  readonly enipPort?: number;
  /**
   * UDP port for heartbeats of I/O connections, 0 for one that the system chooses; originators are told. Default: that of
   * the specification, shared by all meters of one address, or any where another program has it.
   */
  readonly implicitPort?: number;
  /** How Listen Only connections are served; default: both by multicast and point-to-point. */
  readonly listenOnly?: ListeningService;
  /** Where multicast data goes; default: the first group of its address, and the port of the specification. */
  readonly multicast?: { readonly address: string; readonly port: number };
  /** TCP port of Modbus; 0 lets the system choose, absent for a meter without Modbus. */
  readonly modbusPort?: number;
  readonly catalogNumber: string;
  readonly serialNumber: number;
  /** Two meters with the same seed and load show the same values. */
  readonly seed: number;
  readonly load: LoadProfile;
  /** Where all energy counters begin, kWh and kvarh; default: drawn from the seed. */
  readonly startKwh?: number;
  /** Name of the candidate that the energy counters are sent as; default: what the working layout says of it. */
  readonly energyLayout?: string;
  /** A PLC that owns the meter; absent for none. */
  readonly plc?: PlcChoice;
}

/** What all meters of a simulator share. */
export interface CommonSettings {
  /** Simulated seconds per real second; default 1. */
  readonly speed?: number;
  /** Simulated time at which all meters begin, epoch milliseconds; default: that of each load. */
  readonly startMs?: number;
  /** How often values change, real milliseconds; default 100, as the display of a real meter. */
  readonly refreshMs?: number;
  /** TCP connections of EtherNet/IP per meter; default 32. */
  readonly maximumConnections?: number;
  /** CIP connections per meter, of all kinds; default: those of the assembly object. */
  readonly maximumCipConnections?: number;
  /** Default 120 s, the inactivity timeout that the TCP/IP object of CIP has by default. */
  readonly idleTimeoutMs?: number;
  /** How long Modbus suspends EtherNet/IP after each sign of life, ms; default 5 s, since nobody says how long. */
  readonly modbusSuspendsEnipMs?: number;
  readonly clock?: Clock;
  /** Draws the identities of simulated PLCs. */
  readonly random?: Random;
  readonly logger?: Logger;
}
