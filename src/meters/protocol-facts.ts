import type { Fact } from './meter-model';

/** What the protocols say of every device, whatever meter it is. */
export const PROTOCOL_FACTS = {
  /** TCP and UDP port of EtherNet/IP explicit messaging; meters do not change it. */
  enipPort: { value: 44_818, unit: '', source: 'EtherNet/IP specification (CIP volume 2)', provenance: 'verified' },
  /** UDP port of EtherNet/IP implicit messaging. */
  implicitPort: { value: 2_222, unit: '', source: 'EtherNet/IP specification (CIP volume 2)', provenance: 'verified' },
  /** Longest packet interval that is asked for: the time-out of a connection, 32 bits of microseconds, is a multiple of it. */
  longestRpiMs: {
    value: 60_000,
    unit: 'ms',
    source: 'chosen well below what a Forward Open can say, 4 294 s with the time-out (CIP volume 1, Forward Open)',
    provenance: 'assumed',
  },
  /** Most registers in one read. */
  modbusReadRegisters: {
    value: 125,
    unit: 'registers',
    source: 'Modbus Application Protocol 1.1b3, 6.3 and 6.4',
    provenance: 'verified',
  },
} as const satisfies Readonly<Record<string, Fact<number>>>;
