import { loadCsvProfile } from '../../src/simulator/model/csv-profile';
import { simulatorRows } from '../../src/simulator/simulator-rows';
import { FAULTS } from '../../src/simulator/faults/fault-table';
import { choice, text } from '../../src/support/setting';
import { field, given, nodeForm, widget } from '../shared/field';
import { PM500 } from '../../src/meters/pm500';

const SIMULATOR_ROWS = simulatorRows(PM500);

const BESIDE_PLC = { section: 'beside', shownWhen: { plc: [true] } } as const;

/** What a simulated meter on the canvas can be set to. */
export const FORM = nodeForm({
  isConfig: false,
  fields: {
    name: field(text(), { icon: 'tag' }),
    bind: field(SIMULATOR_ROWS.bind, { icon: 'globe' }),
    port: field(SIMULATOR_ROWS.port, { icon: 'plug' }),
    catalogNumber: field(SIMULATOR_ROWS.catalogNumber, { icon: 'barcode', section: 'meter' }),
    serialNumber: field(SIMULATOR_ROWS.serialNumber, { icon: 'hashtag', section: 'meter' }),
    count: field(SIMULATOR_ROWS.count, { icon: 'clone', section: 'meter' }),
    addressing: field(SIMULATOR_ROWS.addressing, {
      icon: 'sitemap',
      section: 'meter',
      shownWhen: { count: { not: 1 } },
    }),
    energyLayout: field(SIMULATOR_ROWS.energyLayout, { icon: 'list-ol', section: 'meter' }),
    modbusPort: field(SIMULATOR_ROWS.modbusPort, { icon: 'exchange', section: 'beside' }),
    plc: field(SIMULATOR_ROWS.plc, { section: 'beside' }),
    plcRpiMs: field(SIMULATOR_ROWS.plcRpiMs, { icon: 'clock-o', ...BESIDE_PLC }),
    plcDelivery: field(SIMULATOR_ROWS.plcDelivery, { icon: 'share-alt', ...BESIDE_PLC }),
    listenOnly: field(SIMULATOR_ROWS.listenOnly, { icon: 'headphones', section: 'beside' }),
    fault: field(
      choice('', [{ value: '' }, ...FAULTS.map(({ name, label, does }) => ({ value: name, label, note: does }))]),
      { icon: 'bug', section: 'beside' },
    ),
    faultTip: widget({ section: 'beside' }),
    load: field(SIMULATOR_ROWS.load, { icon: 'area-chart', section: 'load' }),
    csvFile: field(SIMULATOR_ROWS.csvFile, {
      icon: 'file-text-o',
      section: 'load',
      shownWhen: { load: ['csv'] },
      check: given((path) => loadCsvProfile(path)),
    }),
    activePowerKw: field(SIMULATOR_ROWS.activePowerKw, {
      icon: 'bolt',
      section: 'load',
      shownWhen: { load: ['daily', 'constant'] },
    }),
    speed: field(SIMULATOR_ROWS.speed, { icon: 'fast-forward', section: 'load' }),
    seed: field(SIMULATOR_ROWS.seed, { icon: 'random', section: 'load' }),
    startKwh: field(SIMULATOR_ROWS.startKwh, { icon: 'tachometer', section: 'load' }),
  },
});
