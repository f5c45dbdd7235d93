import { METER_TAGS } from '../../domain/messages/reading';
import type { MeterModel } from '../../meters/meter-model';
import { Pm500Error } from '../../support/errors';
import { describeValue, type UnknownRecord } from '../../support/expect';
import { Cells, wholeNumber } from './fleet-cells';
import { fleetRows } from './fleet-rows';
import { readIntervalOf } from '../meter-rows';
import type { MeterChoice } from '../meter-settings';
import { schedulesOf, type PollSchedule } from '../poll-schedule';

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

/** Reads `realtime energy:10000`, or a JSON list of such words: groups, each with an interval of its own where given. */
function groupsOf(
  model: MeterModel,
  value: unknown,
  fallback: FleetDefaults['groups'],
  intervalMs: number,
): ReadonlyMap<string, number> {
  const words: readonly unknown[] =
    typeof value === 'string' ? value.split(/[\s|+]+/) : Array.isArray(value) ? value : [value];
  const { min, max } = readIntervalOf(model);
  const known = model.groups.map(({ name }) => name);
  const groups = new Map<string, number>();
  for (const word of words) {
    if (word === '') continue;
    const [name = '', interval] = typeof word === 'string' ? word.split(':', 2) : [describeValue(word)];
    if (!known.includes(name)) {
      throw new Pm500Error('CONFIG_INVALID', `groups has "${name}", expected some of ${known.join(', ')}`);
    }
    const what = `the interval of group ${name}`;
    const ownMs = interval === undefined ? intervalMs : wholeNumber(what, interval, min, max);
    groups.set(name, ownMs);
  }
  if (groups.size > 0) return groups;
  return new Map([...fallback].map(([name, ownMs]) => [name, ownMs ?? intervalMs]));
}

/** What a row says of how its meter is reached, and nothing that it does not say. */
function choiceOf(cells: Cells): MeterChoice {
  const tags = METER_TAGS.map((tag) => [tag, cells.text(tag)] as const).filter(([, value]) => value !== undefined);
  const said = {
    port: cells.number('port'),
    transport: cells.choice('transport'),
    rpiMs: cells.number('rpiMs'),
    allowInputOnly: cells.flag('allowInputOnly'),
    delivery: cells.choice('delivery'),
    timeoutMultiplier: cells.choice('timeoutMultiplier'),
    configurationInstance: cells.number('configurationInstance'),
    receivePort: cells.number('localUdpPort'),
    localAddress: cells.text('localAddress'),
    sharedWithPlc: cells.flag('sharedWithPlc'),
    unitId: cells.number('unitId'),
    enipPort: cells.number('enipPort'),
    baudRate: cells.choice('baudRate'),
    parity: cells.choice('parity'),
    dropEcho: cells.flag('dropEcho'),
    catalogNumber: cells.choice('catalogNumber'),
    layoutFile: cells.text('layoutFile'),
    energyLayout: cells.choice('energyLayout'),
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
export function parseFleetRow(model: MeterModel, row: UnknownRecord, defaults: FleetDefaults): FleetMeter {
  const cells = new Cells(fleetRows(model), row);
  const intervalMs = cells.number('intervalMs') ?? defaults.intervalMs;
  return {
    ...choiceOf(cells),
    schedules: schedulesOf(model, groupsOf(model, cells.value('groups'), defaults.groups, intervalMs)),
  };
}
