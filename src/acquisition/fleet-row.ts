import { METER_TAGS } from '../domain/reading';
import { GROUPS } from '../meter/groups';
import { CATALOG_NUMBERS } from '../meter/identity';
import { QUIRKS } from '../meter/quirks';
import { Pm500Error } from '../support/errors';
import { describeValue, type UnknownRecord } from '../support/expect';
import { FLEET_TRANSPORTS, type FleetTransport } from './fleet-transports';
import { schedulesOf, type PollSchedule } from './poll-schedule';

/** One meter of a fleet as its list has it. */
export interface FleetMeter {
  /** Unique in the list. */
  readonly name: string;
  /** Address, or the serial port of a meter that is read over Modbus RTU. */
  readonly host: string;
  readonly port: number;
  readonly transport: FleetTransport;
  readonly tags: Readonly<Record<string, string>>;
  /** What is read how often, the fastest first. */
  readonly schedules: readonly PollSchedule[];
  /** Modbus unit identifier. */
  readonly unitId: number;
  /** Implicit transports: how often the meter sends. */
  readonly rpiMs: number;
  /** True: a PLC owns the meter, so Modbus is only for a maintenance window. */
  readonly sharedWithPlc: boolean;
  /** Empty for any. */
  readonly catalogNumber: string;
  /** Empty for the built-in layout. */
  readonly layoutFile: string;
  readonly layoutConfirmed: boolean;
}

/** What a row may leave out. */
export interface FleetDefaults {
  /** Name to interval in milliseconds; absent: the interval of the row. */
  readonly groups: ReadonlyMap<string, number | undefined>;
  readonly intervalMs: number;
  readonly rpiMs: number;
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
  'unitId',
  'rpiMs',
  'sharedWithPlc',
  'catalogNumber',
  'layoutFile',
  'layoutConfirmed',
] as const;
type Column = (typeof FLEET_COLUMNS)[number];

const MINIMUM_INTERVAL_MS = QUIRKS.minimumReadIntervalMs.value;
const LONGEST_INTERVAL_MS = 86_400_000;
const LONGEST_RPI_MS = 60_000;
const LARGEST_UNIT_ID = 255;
const YES = ['true', 'yes', '1'];
const NO = ['false', 'no', '0', ''];

/** The cells of one row, checked as they are taken; each check says in one clause what is wrong. */
class Cells {
  constructor(private readonly row: UnknownRecord) {}

  value(column: Column): unknown {
    return this.row[column] ?? '';
  }

  text(column: Column): string {
    const value = this.value(column);
    return typeof value === 'string' ? value.trim() : refuse(column, value, 'text');
  }

  requiredText(column: Column): string {
    const text = this.text(column);
    if (text === '') throw new Pm500Error('CONFIG_INVALID', `${column} is missing`);
    return text;
  }

  number(column: Column, fallback: number, min: number, max: number): number {
    const value = this.value(column);
    return value === '' ? fallback : wholeNumber(column, value, min, max);
  }

  flag(column: Column): boolean {
    const value = this.value(column);
    const word = String(value).trim().toLowerCase();
    if (YES.includes(word)) return true;
    return NO.includes(word) ? false : refuse(column, value, 'yes or no');
  }

  choice<Choice extends string>(column: Column, choices: readonly Choice[], fallback: Choice): Choice {
    const text = this.text(column).toLowerCase();
    if (text === '') return fallback;
    const found = choices.find((choice) => choice.toLowerCase() === text);
    return found ?? refuse(column, text, `one of ${choices.filter((choice) => choice !== '').join(', ')}`);
  }
}

function refuse(what: string, value: unknown, expected: string): never {
  throw new Pm500Error('CONFIG_INVALID', `${what} is ${describeValue(value)}, expected ${expected}`);
}

function wholeNumber(what: string, value: unknown, min: number, max: number): number {
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
  return refuse(what, value, `a number from ${min} to ${max}`);
}

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
    const ownMs = interval === undefined ? intervalMs : groupInterval(name, interval);
    groups.set(name, ownMs);
  }
  if (groups.size > 0) return groups;
  return new Map([...fallback].map(([name, ownMs]) => [name, ownMs ?? intervalMs]));
}

function groupInterval(group: string, interval: string): number {
  return wholeNumber(`the interval of group ${group}`, interval, MINIMUM_INTERVAL_MS, LONGEST_INTERVAL_MS);
}

/**
 * Reads one row.
 * @throws Pm500Error CONFIG_INVALID, one clause that says which column holds what and what belongs there
 */
export function parseFleetRow(row: UnknownRecord, defaults: FleetDefaults): FleetMeter {
  const cells = new Cells(row);
  const transport = cells.choice('transport', FLEET_TRANSPORTS, 'ucmm');
  const usualPort = transport === 'modbus-tcp' ? QUIRKS.modbusPort.value : QUIRKS.enipPort.value;
  const intervalMs = cells.number('intervalMs', defaults.intervalMs, MINIMUM_INTERVAL_MS, LONGEST_INTERVAL_MS);
  const tags = METER_TAGS.map((tag) => [tag, cells.text(tag)] as const).filter(([, value]) => value !== '');
  return {
    name: cells.requiredText('name'),
    host: cells.requiredText('host'),
    port: cells.number('port', usualPort, 1, 65_535),
    transport,
    tags: Object.fromEntries(tags),
    schedules: schedulesOf(groupsOf(cells.value('groups'), defaults.groups, intervalMs)),
    unitId: cells.number('unitId', 1, 0, LARGEST_UNIT_ID),
    rpiMs: cells.number('rpiMs', defaults.rpiMs, QUIRKS.minimumRpiMs.value, LONGEST_RPI_MS),
    sharedWithPlc: cells.flag('sharedWithPlc'),
    catalogNumber: cells.choice('catalogNumber', ['', ...CATALOG_NUMBERS.map((known) => known.catalogNumber)], ''),
    layoutFile: cells.text('layoutFile'),
    layoutConfirmed: cells.flag('layoutConfirmed'),
  };
}
