import type { MeterModel } from '../meters/meter-model';
import { PROTOCOL_FACTS } from '../meters/protocol-facts';
import {
  choice,
  flag,
  HOST_PATTERN,
  IPV4_PATTERN,
  number,
  optionalNumber,
  PORT,
  requiredText,
  text,
} from '../support/setting';
import { DELIVERY_CHOICES } from '../transport/ethernet-ip/implicit/delivery-choice';
import {
  CONFIGURATION_INSTANCES,
  DEFAULT_TIMEOUT_MULTIPLIER,
  TIMEOUT_MULTIPLIERS,
} from '../transport/ethernet-ip/implicit/implicit-settings';
import { BAUD_RATES, PARITIES } from '../transport/modbus/rtu-line';
import { TRANSPORT_KINDS } from './transport-kinds';
import { oncePer } from '../support/once-per';

const TIMEOUT = { min: 100, max: 60_000, unit: 'ms' } as const;

/** A day: nothing is read less often. */
const LONGEST_INTERVAL_MS = 86_400_000;

/** How often assemblies or groups may be read. */
export function readIntervalOf({ quirks }: Pick<MeterModel, 'quirks'>): {
  readonly min: number;
  readonly max: number;
  readonly unit: 'ms';
} {
  return { min: quirks.minimumReadIntervalMs.value, max: LONGEST_INTERVAL_MS, unit: 'ms' };
}

const rowsOf = ({ quirks, identity, energy }: MeterModel) =>
  ({
    name: requiredText('', { help: 'unique on the site' }),
    host: requiredText('', { pattern: HOST_PATTERN, help: 'address or name' }),
    port: number(PROTOCOL_FACTS.enipPort.value, { ...PORT, help: 'TCP port of EtherNet/IP' }),
    transport: choice('ucmm', TRANSPORT_KINDS, { help: 'how the meter is read' }),
    rpiMs: number(500, {
      min: quirks.minimumRpiMs.value,
      max: PROTOCOL_FACTS.longestRpiMs.value,
      unit: 'ms',
      help: 'packet interval of input-only, listen-only and auto',
    }),
    allowInputOnly: flag(false, { help: 'lets auto open connections of its own' }),
    delivery: choice('auto', DELIVERY_CHOICES, { help: 'how their data comes' }),
    localUdpPort: optionalNumber({ ...PORT, help: 'UDP port for point-to-point data (2222, or a free one)' }),
    localAddress: text('', {
      pattern: IPV4_PATTERN,
      help: 'network interface to receive at (the one that reaches the meter)',
    }),
    timeoutMultiplier: choice(DEFAULT_TIMEOUT_MULTIPLIER, TIMEOUT_MULTIPLIERS, {
      unit: 'intervals',
      help: 'intervals without a frame that end a connection',
    }),
    configurationInstance: number(quirks.configurationInstance.value, {
      ...CONFIGURATION_INSTANCES,
      whole: true,
      help: 'configuration assembly that connections name',
    }),
    modbusPort: number(quirks.modbusPort.value, { ...PORT, help: 'TCP port of Modbus or of a serial server' }),
    unitId: number(quirks.modbusUnitId.value, { min: 0, max: 255, whole: true, help: 'Modbus unit identifier' }),
    releaseAfterIdleMs: number(0, {
      min: 0,
      max: 60_000,
      unit: 'ms',
      help: 'how long the only socket of Modbus TCP is kept',
    }),
    serialPath: requiredText('', { help: 'serial port, for instance /dev/ttyUSB0 or COM3' }),
    baudRate: choice(quirks.modbusBaudRate.value, BAUD_RATES, { unit: 'bit/s', help: 'rate of the serial line' }),
    parity: choice('none', PARITIES, { help: 'parity of the serial line' }),
    dropEcho: flag(false, { help: 'the adapter sends back what is sent; take that off' }),
    sharedWithPlc: flag(false, { help: 'a PLC owns the meter, so that Modbus TCP needs a maintenance window' }),
    site: text(),
    area: text(),
    line: text(),
    asset: text(),
    catalogNumber: choice('', ['', ...identity.catalogNumbers.map(({ catalogNumber }) => catalogNumber)], {
      help: 'catalog number that the device must have',
    }),
    connectTimeoutMs: number(3000, { ...TIMEOUT, help: 'how long a connection may take' }),
    replyTimeoutMs: number(2000, { ...TIMEOUT, help: 'how long an answer may take' }),
    minimumIntervalMs: number(quirks.minimumReadIntervalMs.value, {
      min: quirks.minimumReadIntervalMs.value,
      max: 3_600_000,
      unit: 'ms',
      help: 'no assembly or register is read more often',
    }),
    layoutFile: text('', { help: 'layout file; empty for the built-in layout' }),
    energyLayout: choice(
      '',
      [{ value: '' }, ...energy.candidates.map(({ name, description }) => ({ value: name, note: description }))],
      { help: 'named layout of the energy counters' },
    ),
    layoutConfirmed: flag(false, { help: 'a person has confirmed the layout on this meter' }),
  }) as const;

/** What a meter can be set to, by the node, in a list and by the commands. */
export type MeterRows = ReturnType<typeof rowsOf>;

/** The rows of the meters of one model; made once. */
export const meterRows: (model: MeterModel) => MeterRows = oncePer(rowsOf);
