import type { MeterModel } from '../meters/meter-model';
import { PROTOCOL_FACTS } from '../meters/protocol-facts';
import { choice, flag, IPV4_PATTERN, number, optionalNumber, PORT, requiredText, text } from '../support/setting';
import { DELIVERIES } from '../transport/ethernet-ip/wire/connection-parameters';
import { LOAD_KINDS } from './model/choose-load';
import { LISTENING_SERVICES } from './ethernet-ip/connection-admission';
import { START_RANGE } from './model/counters';
import { ADDRESSINGS, MOST_METERS } from './many-meters';
import { MAXIMUM_POWER_W } from './model/plain-profiles';
import { simulatedRpiMs } from './running-meter';
import { SPEED_RANGE } from './model/simulated-time';
import { oncePer } from '../support/once-per';

const MAXIMUM_POWER_KW = MAXIMUM_POWER_W / 1000;

const rowsOf = ({ identity, energy, quirks }: MeterModel) =>
  ({
    bind: requiredText('127.0.0.1', { pattern: IPV4_PATTERN, help: 'IPv4 address to listen on' }),
    port: number(PROTOCOL_FACTS.enipPort.value, { ...PORT, help: 'TCP and UDP port' }),
    modbusPort: optionalNumber({ ...PORT, help: 'serve Modbus TCP too, on this port' }),
    catalogNumber: choice(
      identity.usualCatalogNumber,
      identity.catalogNumbers.map(({ catalogNumber }) => catalogNumber),
      { help: 'catalog number' },
    ),
    serialNumber: number(identity.serialNumbers.min + 1, {
      ...identity.serialNumbers,
      whole: true,
      help: 'serial number; every further meter takes the next one',
    }),
    count: number(1, {
      min: 1,
      max: MOST_METERS,
      whole: true,
      help: 'so many meters, each with the next port, serial number and seed',
    }),
    addressing: choice('port', ADDRESSINGS, { help: 'which of its neighbors each further meter takes' }),
    load: choice('csv', LOAD_KINDS, { help: 'kind of load' }),
    csvFile: text('', { help: 'recorded load, 15-minute intervals; empty for the plant year of the package' }),
    activePowerKw: number(100, {
      min: -MAXIMUM_POWER_KW,
      max: MAXIMUM_POWER_KW,
      unit: 'kW',
      help: 'power of a constant load, peak of a daily one',
    }),
    speed: number(1, { ...SPEED_RANGE, help: 'simulated seconds per second' }),
    seed: number(1, {
      min: 0,
      max: 0xffff_ffff,
      whole: true,
      help: 'same seed, same values; every further meter takes the next one',
    }),
    startKwh: optionalNumber({ ...START_RANGE, unit: 'kWh', help: 'where all energy counters begin' }),
    energyLayout: choice(
      energy.assumed ?? '',
      energy.candidates.length === 0 ? [''] : energy.candidates.map(({ name }) => name),
      { help: `how assembly ${energy.instance} is sent` },
    ),
    plc: flag(false, { help: 'a PLC owns each meter, so that others can listen beside it' }),
    plcRpiMs: number(500, { ...simulatedRpiMs({ quirks }), unit: 'ms', help: 'packet interval of the PLC' }),
    plcDelivery: choice('multicast', DELIVERIES, { help: 'how the PLC has its data sent' }),
    listenOnly: choice('both', LISTENING_SERVICES, { help: 'how others may listen beside it' }),
  }) as const;

/** What a simulated meter can be set to, by the node and by `pm500 sim`. */
export type SimulatorRows = ReturnType<typeof rowsOf>;

/** The rows of the simulated meters of one model; made once. */
export const simulatorRows: (model: MeterModel) => SimulatorRows = oncePer(rowsOf);
