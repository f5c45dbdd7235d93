import { sentences } from '../../support/sentence';
import { counted, sightEach, sightOne, type DoctorCheck } from '../check';
import { askedIntervals } from '../flows/saved-meters';
import { isOn, nodesOf, numberOf, textOf } from '../flows/saved-site';
import { lookFurther } from '../looked';
import { isOfPractice, listed, METERS, metersOf, nameOf, sharing } from '../meter-words';

/** Each reads by the one connection, but who reads the same every second and a half reads nothing new. */
const MOST_READERS = 8;

/** What is found of how meters are read. */
export const GENTLENESS_FINDINGS = sentences('doctorGentleness', {
  rpi: '{label} asks for a frame every {rpi} ms, and {least} ms is the least.',
  interval: '{label} asks for {group} every {interval} ms, and {least} ms is the least.',
  limit: '{meter} is asked every {interval} ms, and its own limit is {least} ms.',
  readers: '{count} nodes read {meter}.',
  modbus: '{meter} is read over Modbus on a schedule, and a PLC owns it.',
  bothWays: '{host} is read over Modbus and over EtherNet/IP, by {meters}.',
  ownConnections: '{meter} is shared with a PLC and may open connections of its own.',
  notMarked: '{label} listens to a PLC and is not marked as shared.',
});
const { say } = GENTLENESS_FINDINGS;

/** How gently meters are read, and what a PLC beside it feels. */
export const GENTLENESS_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'meter-rpi',
    area: 'meters',
    severity: 'critical',
    title: 'no meter is asked to send faster than it bears',
    looksAt: 'packet intervals (RPI) of implicit transports',
    remedy: 'Set the packet interval to what the meter bears, or more; 500 ms is enough for energy.',
    docs: 'docs/transports.md',
    look: ({ site, model }) =>
      sightEach(
        lookFurther(site, (saved) => nodesOf(saved, 'pm500-meter')),
        (node) => {
          const rpi = numberOf(node, 'rpiMs');
          const least = model.quirks.minimumRpiMs.value;
          const counts = ['listen-only', 'input-only', 'auto'].includes(textOf(node, 'transport'));
          return counts && rpi < least ? [say('rpi', { label: node.label, rpi, least })] : [];
        },
        METERS,
      ),
  },
  {
    id: 'meter-interval',
    area: 'meters',
    severity: 'warning',
    title: 'no group is asked for faster than the meter bears',
    looksAt: 'intervals of pm500-poll nodes against the limit of the model',
    remedy: 'Set the interval to the limit or more: what is asked for sooner is not read sooner.',
    docs: 'docs/transports.md',
    look: ({ site, model }) =>
      sightEach(
        lookFurther(site, (saved) => nodesOf(saved, 'pm500-poll')),
        (node) => {
          const least = model.quirks.minimumReadIntervalMs.value;
          return [...askedIntervals(node)]
            .filter(([, intervalMs]) => intervalMs < least)
            .map(([group, interval]) => say('interval', { label: node.label, group, interval, least }));
        },
        ['poll node', 'poll nodes'],
      ),
  },
  {
    id: 'meter-limits',
    area: 'meters',
    severity: 'notice',
    title: 'meters are read no faster than their own limits say',
    looksAt: 'intervals of pm500-poll nodes against the limit of each meter',
    remedy: 'Let the schedule and the limit of the meter agree: what is asked for sooner waits for the limit.',
    docs: 'docs/transports.md',
    look: ({ site }) =>
      sightEach(
        metersOf(site),
        (meter) => {
          const least = meter.choice.minimumReadIntervalMs ?? 0;
          const fastest = Math.min(
            ...meter.readers.flatMap(({ schedules }) => schedules.map(({ intervalMs }) => intervalMs)),
          );
          return fastest < least ? [say('limit', { meter: nameOf(meter), interval: fastest, least })] : [];
        },
        METERS,
      ),
  },
  {
    id: 'meter-readers',
    area: 'meters',
    severity: 'warning',
    title: 'no meter has more readers than it needs',
    looksAt: 'pm500-poll nodes of each meter',
    remedy: `Read several groups by one pm500-poll, each with its interval; ${MOST_READERS} nodes for one meter are enough.`,
    docs: 'docs/fleet.md',
    look: ({ site }) =>
      sightEach(
        metersOf(site),
        (meter) =>
          meter.readers.length > MOST_READERS
            ? [say('readers', { count: meter.readers.length, meter: nameOf(meter) })]
            : [],
        METERS,
      ),
  },
  {
    id: 'modbus-beside-plc',
    area: 'meters',
    severity: 'critical',
    title: 'Modbus is not used beside a PLC',
    looksAt: 'meters over Modbus TCP that are shared with a PLC and read on a schedule',
    remedy:
      'Read on a message within a maintenance window, or over EtherNet/IP: Modbus suspends EtherNet/IP, also for the PLC.',
    docs: 'docs/transports.md',
    look: ({ site }) =>
      sightEach(
        metersOf(site),
        (meter) =>
          meter.choice.transport === 'modbus-tcp' &&
          meter.choice.sharedWithPlc === true &&
          meter.readers.some(({ schedules }) => schedules.length > 0)
            ? [say('modbus', { meter: nameOf(meter) })]
            : [],
        METERS,
      ),
  },
  {
    id: 'modbus-beside-ethernet-ip',
    area: 'meters',
    severity: 'critical',
    title: 'no meter is read over Modbus and EtherNet/IP',
    looksAt: 'transports of meters that share a host',
    remedy: 'Choose one of the two ways: each takes the meter from the other.',
    docs: 'docs/transports.md',
    look: ({ site }) =>
      sightOne(
        metersOf(site),
        (meters) =>
          sharing(
            meters.filter((meter) => !isOfPractice(meter)),
            ({ host }) => host,
          )
            .filter((same) => {
              const ways = new Set(same.map(({ choice }) => choice.transport === 'modbus-tcp'));
              return ways.size > 1;
            })
            .map((same) => say('bothWays', { host: same[0]?.host ?? '', meters: listed(same) })),
        (meters) => counted(meters.length, ...METERS),
      ),
  },
  {
    id: 'own-connections-beside-plc',
    area: 'meters',
    severity: 'warning',
    title: 'no connection of its own is opened beside a PLC',
    looksAt: 'input-only transports of meters that are shared with a PLC',
    remedy:
      'Choose listen-only beside a PLC: a connection of its own takes one that the PLC may need, and doubles what the meter sends.',
    docs: 'docs/transports.md',
    look: ({ site }) =>
      sightEach(
        metersOf(site),
        (meter) => {
          const { choice } = meter;
          const isOwn =
            choice.transport === 'input-only' || (choice.transport === 'auto' && choice.allowInputOnly === true);
          return isOwn && choice.sharedWithPlc === true ? [say('ownConnections', { meter: nameOf(meter) })] : [];
        },
        METERS,
      ),
  },
  {
    id: 'plc-said',
    area: 'meters',
    severity: 'notice',
    title: 'meters that a PLC uses are marked so',
    looksAt: 'transports that need a PLC against "shared with a PLC"',
    remedy: 'Tick "Shared with a PLC": then Modbus needs a maintenance window, whoever sets it up later.',
    docs: 'docs/transports.md',
    look: ({ site }) =>
      sightEach(
        lookFurther(site, (saved) => nodesOf(saved, 'pm500-meter')),
        (node) =>
          textOf(node, 'transport') === 'listen-only' && !isOn(node, 'sharedWithPlc')
            ? [say('notMarked', { label: node.label })]
            : [],
        METERS,
      ),
  },
];
