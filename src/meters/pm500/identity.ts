import type { CatalogNumber } from '../meter-model';

/** What the Identity object (CIP class 0x01, instance 1) of a PowerMonitor 500 says: 1420-UM001D pp.74-76, verified. */

export const VENDOR_ID = 1;
/** CIP device type; 0x92 is 146. */
export const DEVICE_TYPE = 0x92;
export const PRODUCT_NAME = 'PowerMonitor 500';
export const SERIAL_NUMBER_RANGE = { min: 940_000_000, max: 950_000_000 } as const;

/** 1420-UM001D p.76; nominal voltages: 1420-UM001D and E, preface; model letters: 1420-UM001E p.49 Table 10. */
export const CATALOG_NUMBERS: readonly CatalogNumber[] = [
  {
    catalogNumber: '1420-V1-ENT',
    productCode: 4,
    ratedVoltage: 240,
    nominalLineToNeutral: 120,
    inputsOutputs: 'none',
    modelLetter: 'B',
  },
  {
    catalogNumber: '1420-V1P-ENT',
    productCode: 5,
    ratedVoltage: 240,
    nominalLineToNeutral: 120,
    inputsOutputs: 'digital',
    modelLetter: 'B',
  },
  {
    catalogNumber: '1420-V1A-ENT',
    productCode: 6,
    ratedVoltage: 240,
    nominalLineToNeutral: 120,
    inputsOutputs: 'analog',
    modelLetter: 'B',
  },
  {
    catalogNumber: '1420-V2-ENT',
    productCode: 7,
    ratedVoltage: 690,
    nominalLineToNeutral: 400,
    inputsOutputs: 'none',
    modelLetter: 'A',
  },
  {
    catalogNumber: '1420-V2P-ENT',
    productCode: 8,
    ratedVoltage: 690,
    nominalLineToNeutral: 400,
    inputsOutputs: 'digital',
    modelLetter: 'A',
  },
  {
    catalogNumber: '1420-V2A-ENT',
    productCode: 9,
    ratedVoltage: 690,
    nominalLineToNeutral: 400,
    inputsOutputs: 'analog',
    modelLetter: 'A',
  },
];

/** Electrical system codes of register 304098 (1420-UM001E p.57 Table 26). */
export const WIRING_MODES = ['1P', '2P', '3P', '3P2', '3P1', '3PN'] as const;
export type Pm500WiringMode = (typeof WIRING_MODES)[number];
