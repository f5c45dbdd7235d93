import type { Fact, Quirks } from '../meter-model';
import { PROTOCOL_FACTS } from '../protocol-facts';

const MURRELEKTRONIK =
  'Murrelektronik Inc. concept draft for 1420-Vx-ENT, attributed there to Rockwell, not tested on a device';

/** Limits and ports of the meter's network interfaces. */
export const QUIRKS = {
  ...PROTOCOL_FACTS,
  /** Least time between two explicit reads of one assembly; nine connections at 200 ms are reported as stable. */
  minimumReadIntervalMs: { value: 200, unit: 'ms', source: '1420-UM001D p.78', provenance: 'verified' },
  /** Least requested packet interval of an implicit connection. The manual says only that 100 ms ran stable. */
  minimumRpiMs: { value: 100, unit: 'ms', source: MURRELEKTRONIK, provenance: 'inferred' },
  heartbeatInputOnly: { value: 98, unit: '', source: '1420-UM001D p.78', provenance: 'verified' },
  heartbeatListenOnly: { value: 99, unit: '', source: '1420-UM001D p.78', provenance: 'verified' },
  /** Instance that stands for the configuration in the path of an I/O connection; the manual names none. */
  configurationInstance: {
    value: 1,
    unit: '',
    source: 'default of public EtherNet/IP scanners for adapters without configuration',
    provenance: 'assumed',
  },
  assemblyConnections: { value: 18, unit: '', source: '1420-UM001E p.75', provenance: 'verified' },
  modbusTcpSockets: { value: 1, unit: '', source: MURRELEKTRONIK, provenance: 'inferred' },
  /** True: Modbus TCP traffic suspends EtherNet/IP for a time, also for the PLC. */
  modbusSuspendsEnip: { value: true, unit: '', source: MURRELEKTRONIK, provenance: 'inferred' },
  /** TCP port of Modbus. The front panel can change it; its default was not found. */
  modbusPort: {
    value: 502,
    unit: '',
    source: 'Modbus Messaging on TCP/IP Implementation Guide 1.0b; whether the meter keeps to it was not read',
    provenance: 'inferred',
  },
  /** Unit identifier that a meter has when nobody set another; not found in the pages that were read. */
  modbusUnitId: {
    value: 1,
    unit: '',
    source: 'lowest unit identifier of Modbus over serial line 1.02, 2.2; the default of the meter was not found',
    provenance: 'assumed',
  },
  /** Rate of the serial option when nobody set another; the manual lists the rates (1420-UM001D p.66), not the default. */
  modbusBaudRate: {
    value: 9_600,
    unit: 'bit/s',
    source: 'lowest of the rates in 1420-UM001D p.66 Table 36; the default of the meter was not found',
    provenance: 'assumed',
  },
  /** Printed number of the register at wire address 0: the address is the number less this. Check it on a meter. */
  modbusFirstRegister: {
    value: 300_001,
    unit: '',
    source: 'derived from addresses 2, 32 and 80 of the sister product Carlo Gavazzi WM30/WM40; manual page not read',
    provenance: 'inferred',
  },
  /** A REAL that is a NaN, an infinity or these bits stands for overload or a value that is not available. */
  overloadBits: {
    value: 0x7fffffff,
    unit: '',
    source: 'Carlo Gavazzi EM300/ET300 protocol v2 r17 (sister product)',
    provenance: 'inferred',
  },
} as const satisfies Quirks & Readonly<Record<string, Fact<number | boolean>>>;
