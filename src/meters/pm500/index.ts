import type { MeterModel } from '../meter-model';
import { defaultAlarms } from './alarm-defaults';
import { WORKING_LAYOUT } from './assemblies';
import { ASSUMED_ENERGY, ENERGY_CANDIDATES, ENERGY_INSTANCE } from './energy-candidates';
import { GROUPS } from './groups';
import { CATALOG_NUMBERS, DEVICE_TYPE, PRODUCT_NAME, SERIAL_NUMBER_RANGE, VENDOR_ID } from './identity';
import { QUIRKS } from './quirks';
import { CLOCK_REGISTER, FACTORY_SETTINGS, FITTED_MODULES, REGISTER_GROUPS, REGISTERS } from './registers';
import { WIRED_METRICS, WIRING_ROWS } from './wiring-modes';

/** The PowerMonitor 500 as one value. Only the nodes and the commands name it; all else takes a `MeterModel`. */
export const PM500: MeterModel = {
  name: PRODUCT_NAME,
  identity: {
    vendorId: VENDOR_ID,
    deviceType: DEVICE_TYPE,
    productName: PRODUCT_NAME,
    serialNumbers: SERIAL_NUMBER_RANGE,
    catalogNumbers: CATALOG_NUMBERS,
    usualCatalogNumber: '1420-V2-ENT',
  },
  layout: WORKING_LAYOUT,
  groups: GROUPS,
  energy: { instance: ENERGY_INSTANCE, candidates: ENERGY_CANDIDATES, assumed: ASSUMED_ENERGY.name },
  registers: {
    all: REGISTERS,
    product: 'product',
    groups: REGISTER_GROUPS,
    factory: FACTORY_SETTINGS,
    clock: CLOCK_REGISTER,
    modules: FITTED_MODULES,
  },
  quirks: QUIRKS,
  wiring: { rows: WIRING_ROWS, metrics: WIRED_METRICS, usual: '3PN' },
  defaultAlarms,
};
