import { METER_TAGS } from '../domain/reading';
import { ENERGY_CANDIDATE_NAMES } from '../meter/energy-candidates';
import { GROUPS } from '../meter/groups';
import { CATALOG_NUMBERS } from '../meter/identity';
import { QUIRKS } from '../meter/quirks';
import { Pm500Error } from '../support/errors';
import { describeValue, type UnknownRecord } from '../support/expect';
import { DELIVERY_CHOICES } from '../transport/ethernet-ip/delivery-choice';
import { CONFIGURATION_INSTANCES, TIMEOUT_MULTIPLIERS } from '../transport/ethernet-ip/implicit-settings';
import { BAUD_RATES, PARITIES } from '../transport/modbus/rtu-line';
import { Cells, wholeNumber } from './fleet-cells';
import { TRANSPORT_KINDS, type MeterChoice } from './meter-settings';
import { schedulesOf, type PollSchedule } from './poll-schedule';

/** One meter of a fleet as its list has it: what is absent has its default. */
export interface FleetMeter extends MeterChoice {
  /** What is read how often, the fastest first. */
  readonly schedules: readonly PollSchedule[];
}

/** What a row may leave out. */
export interface FleetDefaults {
  /** Name to interval in milliseconds; absent: the interval of the row. */
  readonly groups: ReadonlyMap<string, number | undefined>;
  readonly intervalMs: number;
}

/** Columns of a list, which are also the names in JSON and in the list of the editor. */
export const FLEET_COLUMNS = [
  'name',
  'host',
  'port',
  'transport',
  ...METER_TAGS,
  'groups',
  'intervalMs',
  'rpiMs',
  'allowInputOnly',
  'delivery',
  'timeoutMultiplier',
  'configurationInstance',
  'localUdpPort',
  'localAddress',
  'sharedWithPlc',
  'unitId',
  'enipPort',
  'baudRate',
  'parity',
  'dropEcho',
  'catalogNumber',
  'layoutFile',
  'energyLayout',
  'layoutConfirmed',
] as const;
type Column = (typeof FLEET_COLUMNS)[number];

const MINIMUM_INTERVAL_MS = QUIRKS.minimumReadIntervalMs.value;
const LONGEST_INTERVAL_MS = 86_400_000;
const LONGEST_RPI_MS = 60_000;
const LARGEST_UNIT_ID = 255;
const LARGEST_PORT = 65_535;

/** Reads `realtime energy:10000`, or a JSON list of such words: groups, each with an interval of its own where given. */
function groupsOf(value: unknown, fallback: FleetDefaults['groups'], intervalMs: number): ReadonlyMap<string, number> {
  const words: readonly unknown[] =
    typeof value === 'string' ? value.split(/[\s|+]+/) : Array.isArray(value) ? value : [value];
  const known = GROUPS.map(({ name }) => name);
  const groups = new Map<string, number>();
  for (const word of words) {
    if (word === '') continue;
    const [name = '', interval] = typeof word === 'string' ? word.split(':', 2) : [describeValue(word)];
    if (!known.includes(name)) {
      throw new Pm500Error('CONFIG_INVALID', `groups has "${name}", expected some of ${known.join(', ')}`);
    }
    const what = `the interval of group ${name}`;
    const ownMs =
      interval === undefined ? intervalMs : wholeNumber(what, interval, MINIMUM_INTERVAL_MS, LONGEST_INTERVAL_MS);
    groups.set(name, ownMs);
  }
  if (groups.size > 0) return groups;
  return new Map([...fallback].map(([name, ownMs]) => [name, ownMs ?? intervalMs]));
}

/** What a row says of how its meter is reached, and nothing that it does not say. */
function choiceOf(cells: Cells<Column>): MeterChoice {
  const tags = METER_TAGS.map((tag) => [tag, cells.text(tag)] as const).filter(([, value]) => value !== undefined);
  const said = {
    port: cells.number('port', 1, LARGEST_PORT),
    transport: cells.choice('transport', TRANSPORT_KINDS),
    rpiMs: cells.number('rpiMs', QUIRKS.minimumRpiMs.value, LONGEST_RPI_MS),
    allowInputOnly: cells.flag('allowInputOnly'),
    delivery: cells.choice('delivery', DELIVERY_CHOICES),
    timeoutMultiplier: cells.choice('timeoutMultiplier', TIMEOUT_MULTIPLIERS),
    configurationInstance: cells.number(
      'configurationInstance',
      CONFIGURATION_INSTANCES.min,
      CONFIGURATION_INSTANCES.max,
    ),
    receivePort: cells.number('localUdpPort', 1, LARGEST_PORT),
    localAddress: cells.text('localAddress'),
    sharedWithPlc: cells.flag('sharedWithPlc'),
    unitId: cells.number('unitId', 0, LARGEST_UNIT_ID),
    enipPort: cells.number('enipPort', 1, LARGEST_PORT),
    baudRate: cells.choice('baudRate', BAUD_RATES),
    parity: cells.choice('parity', PARITIES),
    dropEcho: cells.flag('dropEcho'),
    catalogNumber: cells.choice(
      'catalogNumber',
      CATALOG_NUMBERS.map(({ catalogNumber }) => catalogNumber),
    ),
    layoutFile: cells.text('layoutFile'),
    energyLayout: cells.choice('energyLayout', ENERGY_CANDIDATE_NAMES),
    layoutConfirmed: cells.flag('layoutConfirmed'),
  };
  return {
    name: cells.requiredText('name'),
    host: cells.requiredText('host'),
    tags: Object.fromEntries(tags) as Record<string, string>,
    ...(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Partial<MeterChoice>),
  };
}

/**
 * Reads one row.
 * @throws Pm500Error CONFIG_INVALID, one clause that says which column holds what and what belongs there
 */
export function parseFleetRow(row: UnknownRecord, defaults: FleetDefaults): FleetMeter {
  const cells = new Cells<Column>(row);
  const intervalMs = cells.number('intervalMs', MINIMUM_INTERVAL_MS, LONGEST_INTERVAL_MS) ?? defaults.intervalMs;
  return {
    ...choiceOf(cells),
    schedules: schedulesOf(groupsOf(cells.value('groups'), defaults.groups, intervalMs)),
  };
}
