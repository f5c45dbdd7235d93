import { alarmRows } from './alarms';
import type { OverviewFacts } from './facts';
import { groupMeters, meterRows } from './meters';
import { queueRows } from './queues';
import type { Overview, ValueRow } from './rows';
import { taskRows } from './tasks';
import { valueRow } from './values';

/** More are counted and not shown: what a browser gets stays small whatever happens on the site. */
export const MOST_ROWS: Readonly<Record<keyof Overview['left'], number>> = {
  tasks: 100,
  alarms: 300,
  queues: 100,
  meters: 2000,
};

/** What is to be shown of all that nodes tell. */
export function overviewOf(facts: OverviewFacts, nowMs: number): Overview {
  const meters = meterRows(facts.meters, facts.normalizers);
  const alarms = alarmRows(facts.normalizers, MOST_ROWS.alarms);
  const all = { tasks: taskRows(facts, meters), queues: queueRows(facts.sinks, nowMs), meters };
  const left = (part: keyof typeof all): number => Math.max(0, all[part].length - MOST_ROWS[part]);
  const shown = <Row extends { readonly node: string }>(rows: readonly Row[], most: number): readonly Row[] =>
    rows.slice(0, most).map((row) => {
      const node = facts.inEditor(row.node);
      return node === row.node ? row : { ...row, node };
    });
  return {
    tasks: shown(all.tasks, MOST_ROWS.tasks),
    alarms: shown(alarms.rows, MOST_ROWS.alarms),
    queues: shown(all.queues, MOST_ROWS.queues),
    meters: shown(all.meters, MOST_ROWS.meters),
    left: {
      tasks: left('tasks'),
      alarms: alarms.count - alarms.rows.length,
      queues: left('queues'),
      meters: left('meters'),
    },
  };
}

/** The last values of these meters; others have none, or are gone. */
export function valuesOf(
  { meters, normalizers }: Pick<OverviewFacts, 'meters' | 'normalizers'>,
  keys: Iterable<string>,
): readonly ValueRow[] {
  const groups = groupMeters(meters);
  return [...keys].flatMap((key) => {
    const name = groups.get(key)?.[0]?.name;
    if (name === undefined) return [];
    const known = normalizers.flatMap(({ meters: judged, lastKnown }) => {
      const telemetry = lastKnown(name);
      // Another node that still gets readings renews its own values, and none of this one.
      const isSilent = judged.some((each) => each.name === name && each.silence === 'all');
      return telemetry === undefined ? [] : [{ telemetry, isSilent }];
    });
    return valueRow(key, known) ?? [];
  });
}
