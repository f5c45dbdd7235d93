import { parseFleet, parseFleetEntries, parseShard, takeShard } from '../../acquisition/fleet/fleet';
import { parseFleetRow, type FleetDefaults, type FleetMeter } from '../../acquisition/fleet/fleet-row';
import { canonicalHost } from '../../acquisition/meter-address';
import { meterRows, readIntervalOf } from '../../acquisition/meter-rows';
import { schedulesOf, type PollSchedule } from '../../acquisition/poll-schedule';
import type { MeterChoice } from '../../acquisition/meter-settings';
import type { MeterModel } from '../../meters/meter-model';
import { Pm500Error, toPm500Error } from '../../support/errors';
import { isRecord, type UnknownRecord } from '../../support/expect';
import type { Sentence } from '../../support/sentence';
import { DOCTOR_SENTENCES } from '../doctor-sentences';
import type { SavedNode } from './saved-nodes';

/** A meter of the flows, with who reads it. */
export interface SavedMeter {
  readonly choice: MeterChoice;
  /** Host and port, or the serial port with the unit. */
  readonly address: string;
  /** Without the port: what several ways into one meter share. */
  readonly host: string;
  /** What is read how often, of each node that reads it; no schedules of one that reads on messages. */
  readonly readers: readonly { readonly label: string; readonly schedules: readonly PollSchedule[] }[];
}

/** Meters, and a sentence for each that cannot be made out. */
export interface SavedMeters {
  readonly meters: readonly SavedMeter[];
  readonly problems: readonly Sentence[];
}

/** The text of a list of meters. @throws Error when it cannot be read */
export type ReadList = (path: string) => string;

const numberOr = (value: unknown, otherwise: number): number => {
  const found = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof found === 'number' && Number.isFinite(found) ? found : otherwise;
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The fastest that is read, where it is faster than may be: judged as it stands, and kept out of what is parsed. */
function slowEnough(model: MeterModel, intervalMs: number): number {
  const { min, max } = readIntervalOf(model);
  return Math.min(Math.max(intervalMs, min), max);
}

/** Intervals by group that a poll node asks for, faster ones than may be included, ms. */
export function askedIntervals({ values }: SavedNode): ReadonlyMap<string, number> {
  const own: UnknownRecord = isRecord(values['groupIntervals']) ? values['groupIntervals'] : {};
  const byDefault = numberOr(values['intervalMs'], 1000);
  const groups: readonly unknown[] = Array.isArray(values['groups']) ? values['groups'] : [];
  return new Map(
    groups.filter((name) => typeof name === 'string').map((name) => [name, numberOr(own[name], byDefault)]),
  );
}

function schedulesIn(model: MeterModel, node: SavedNode): readonly PollSchedule[] {
  const known = model.groups.map(({ name }) => name);
  const asked = [...askedIntervals(node)].filter(([name]) => known.includes(name));
  if (node.values['mode'] === 'message' || asked.length === 0) return [];
  return schedulesOf(model, new Map(asked.map(([name, intervalMs]) => [name, slowEnough(model, intervalMs)])));
}

function defaultsOf(model: MeterModel, node: SavedNode): FleetDefaults {
  const own: UnknownRecord = isRecord(node.values['groupIntervals']) ? node.values['groupIntervals'] : {};
  const asked = [...askedIntervals(node)];
  return {
    groups: new Map(asked.map(([name, intervalMs]) => [name, name in own ? slowEnough(model, intervalMs) : undefined])),
    intervalMs: slowEnough(model, numberOr(node.values['intervalMs'], 1000)),
  };
}

/** A configuration node in the words of a list. */
function rowOf(model: MeterModel, { values }: SavedNode): UnknownRecord {
  const rows = meterRows(model);
  const transport = values['transport'];
  const overModbus = transport === 'modbus-tcp' || transport === 'modbus-rtu-tcp';
  return {
    ...values,
    host: transport === 'modbus-rtu' ? values['serialPath'] : values['host'],
    port: overModbus ? values['modbusPort'] : values['port'],
    enipPort: values['port'],
    rpiMs: Math.max(numberOr(values['rpiMs'], rows.rpiMs.default), rows.rpiMs.min),
    groups: '',
    intervalMs: '',
  };
}

function addressOf({ host, port, transport, unitId }: MeterChoice, model: MeterModel): string {
  const rows = meterRows(model);
  if (transport === 'modbus-rtu') return `${host} unit ${unitId ?? rows.unitId.default}`;
  const isModbus = transport === 'modbus-tcp' || transport === 'modbus-rtu-tcp';
  const byDefault = isModbus ? rows.modbusPort.default : rows.port.default;
  const unit = transport === 'modbus-rtu-tcp' ? ` unit ${unitId ?? rows.unitId.default}` : '';
  return `${canonicalHost(host)}:${port ?? byDefault}${unit}`;
}

const NO_GROUPS: FleetDefaults = { groups: new Map(), intervalMs: 1000 };

function meterOf(model: MeterModel, choice: MeterChoice, readers: SavedMeter['readers']): SavedMeter {
  return { choice, readers, address: addressOf(choice, model), host: canonicalHost(choice.host) };
}

function metersOfNode(model: MeterModel, node: SavedNode, polls: readonly SavedNode[]): SavedMeter {
  const { values } = node;
  const choice: MeterChoice = parseFleetRow(model, rowOf(model, node), NO_GROUPS);
  const readers = polls
    .filter((poll) => poll.values['source'] === 'meter' && poll.values['meter'] === node.id)
    .map((poll) => ({ label: poll.label, schedules: schedulesIn(model, poll) }));
  const rows = meterRows(model);
  const more = {
    minimumReadIntervalMs: numberOr(values['minimumIntervalMs'], rows.minimumIntervalMs.default),
    releaseAfterIdleMs: numberOr(values['releaseAfterIdleMs'], rows.releaseAfterIdleMs.default),
    connectTimeoutMs: numberOr(values['connectTimeoutMs'], rows.connectTimeoutMs.default),
    replyTimeoutMs: numberOr(values['replyTimeoutMs'], rows.replyTimeoutMs.default),
  };
  return meterOf(model, { ...choice, ...more }, readers);
}

function fleetOf(
  model: MeterModel,
  node: SavedNode,
  readList: ReadList,
): { readonly meters: readonly FleetMeter[]; readonly problems: readonly { readonly message: string }[] } {
  const { values, label } = node;
  const defaults = defaultsOf(model, node);
  if (values['source'] === 'list') {
    const entries: readonly unknown[] = Array.isArray(values['fleet']) ? values['fleet'] : [];
    return parseFleetEntries(model, entries, `of ${label}`, defaults);
  }
  const path = textOf(values['fleetFile']);
  return parseFleet(model, readList(path), path, defaults);
}

/** Every meter that the flows name, by its own node, in a list or in a file. */
export function readMeters(model: MeterModel, nodes: readonly SavedNode[], readList: ReadList): SavedMeters {
  const polls = nodes.filter(({ type }) => type === 'pm500-poll');
  const meters: SavedMeter[] = [];
  const problems: Sentence[] = [];
  const attempt = (label: string, work: () => void): void => {
    try {
      work();
    } catch (thrown) {
      problems.push(DOCTOR_SENTENCES.say('ofNode', { label, problem: toPm500Error(thrown).sentence }));
    }
  };
  for (const node of nodes.filter(({ type }) => type === 'pm500-meter')) {
    attempt(node.label, () => {
      meters.push(metersOfNode(model, node, polls));
    });
  }
  for (const node of polls.filter(({ values }) => values['source'] !== 'meter')) {
    attempt(node.label, () => {
      const fleet = fleetOf(model, node, readList);
      problems.push(...fleet.problems.map(({ message }) => new Pm500Error('CONFIG_INVALID', message).sentence));
      const shard = textOf(node.values['shard']);
      const own = shard === '' ? fleet.meters : takeShard(fleet.meters, parseShard(shard));
      const isScheduled = node.values['mode'] !== 'message';
      const readerOf = (schedules: readonly PollSchedule[]): SavedMeter['readers'] => [
        { label: node.label, schedules: isScheduled ? schedules : [] },
      ];
      meters.push(...own.map(({ schedules, ...choice }) => meterOf(model, choice, readerOf(schedules))));
    });
  }
  return { meters, problems };
}
