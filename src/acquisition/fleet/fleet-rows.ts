import type { MeterModel } from '../../meters/meter-model';
import { optionalNumber, text, type Setting } from '../../support/setting';
import { meterRows, readIntervalOf } from '../meter-rows';
import { oncePer } from '../../support/once-per';

const columnsOf = (model: MeterModel) => {
  const rows = meterRows(model);
  return {
    name: rows.name,
    host: rows.host,
    port: rows.port,
    transport: rows.transport,
    site: rows.site,
    area: rows.area,
    line: rows.line,
    asset: rows.asset,
    groups: text('', { help: 'groups to read, each with its interval where it has one' }),
    intervalMs: optionalNumber(readIntervalOf(model)),
    rpiMs: rows.rpiMs,
    allowInputOnly: rows.allowInputOnly,
    delivery: rows.delivery,
    timeoutMultiplier: rows.timeoutMultiplier,
    configurationInstance: rows.configurationInstance,
    localUdpPort: rows.localUdpPort,
    localAddress: rows.localAddress,
    sharedWithPlc: rows.sharedWithPlc,
    unitId: rows.unitId,
    enipPort: rows.port,
    baudRate: rows.baudRate,
    parity: rows.parity,
    dropEcho: rows.dropEcho,
    catalogNumber: rows.catalogNumber,
    layoutFile: rows.layoutFile,
    energyLayout: rows.energyLayout,
    layoutConfirmed: rows.layoutConfirmed,
  } as const satisfies Readonly<Record<string, Setting>>;
};

/**
 * Columns of a list, which are also the names in JSON and in the list of the editor; what a row leaves empty has its
 * default.
 */
export type FleetRows = ReturnType<typeof columnsOf>;
export type FleetColumn = keyof FleetRows;

/** The columns of a list of meters of one model; made once. */
export const fleetRows: (model: MeterModel) => FleetRows = oncePer(columnsOf);

/** Names of the columns, the same for every model. */
export function fleetColumns(model: MeterModel): readonly FleetColumn[] {
  return Object.keys(fleetRows(model)) as readonly FleetColumn[];
}
