import { optionalNumber, text, type Setting } from '../../support/setting';
import { METER_ROWS, READ_INTERVAL } from '../meter-rows';

/**
 * Columns of a list, which are also the names in JSON and in the list of the editor; what a row leaves empty has its
 * default.
 */
export const FLEET_ROWS = {
  name: METER_ROWS.name,
  host: METER_ROWS.host,
  port: METER_ROWS.port,
  transport: METER_ROWS.transport,
  site: METER_ROWS.site,
  area: METER_ROWS.area,
  line: METER_ROWS.line,
  asset: METER_ROWS.asset,
  groups: text('', { help: 'groups to read, each with its interval where it has one' }),
  intervalMs: optionalNumber(READ_INTERVAL),
  rpiMs: METER_ROWS.rpiMs,
  allowInputOnly: METER_ROWS.allowInputOnly,
  delivery: METER_ROWS.delivery,
  timeoutMultiplier: METER_ROWS.timeoutMultiplier,
  configurationInstance: METER_ROWS.configurationInstance,
  localUdpPort: METER_ROWS.localUdpPort,
  localAddress: METER_ROWS.localAddress,
  sharedWithPlc: METER_ROWS.sharedWithPlc,
  unitId: METER_ROWS.unitId,
  enipPort: METER_ROWS.port,
  baudRate: METER_ROWS.baudRate,
  parity: METER_ROWS.parity,
  dropEcho: METER_ROWS.dropEcho,
  catalogNumber: METER_ROWS.catalogNumber,
  layoutFile: METER_ROWS.layoutFile,
  energyLayout: METER_ROWS.energyLayout,
  layoutConfirmed: METER_ROWS.layoutConfirmed,
} as const satisfies Readonly<Record<string, Setting>>;

export type FleetColumn = keyof typeof FLEET_ROWS;
export const FLEET_COLUMNS = Object.keys(FLEET_ROWS) as readonly FleetColumn[];
