import { byAttention, byName, byUrgency } from '../../../src/overview/order';
import type { AlarmOverviewRow, MeterRow, Overview, QueueRow, TaskRow, ValueRow } from '../../../src/overview/rows';
import type { OverviewSnapshot } from '../../../src/overview/viewers';
import type { OverviewUpdate } from './channel';

type Keyed<Row> = Map<string, Row>;

const NO_ROWS: Overview['left'] = { tasks: 0, alarms: 0, queues: 0, meters: 0 };

function replace<Row extends { readonly key: string }>(into: Keyed<Row>, rows: readonly Row[]): void {
  into.clear();
  for (const row of rows) into.set(row.key, row);
}

function merge<Row extends { readonly key: string }>(
  into: Keyed<Row>,
  rows: readonly Row[] = [],
  gone: readonly string[] = [],
): void {
  for (const key of gone) into.delete(key);
  for (const row of rows) into.set(row.key, row);
}

/** What this window was sent of everything. */
export class OverviewStore {
  private readonly taskRows: Keyed<TaskRow> = new Map();
  private readonly alarmRows: Keyed<AlarmOverviewRow> = new Map();
  private readonly queueRows: Keyed<QueueRow> = new Map();
  private readonly meterRows: Keyed<MeterRow> = new Map();
  readonly values: Keyed<ValueRow> = new Map();
  left = NO_ROWS;
  /** By how much the clock of Node-RED is ahead of the one of this browser, milliseconds. */
  private aheadMs = 0;

  /** The time at Node-RED, epoch milliseconds UTC. */
  get now(): number {
    return Date.now() + this.aheadMs;
  }

  get tasks(): readonly TaskRow[] {
    return [...this.taskRows.values()].sort(byUrgency);
  }

  get alarms(): readonly AlarmOverviewRow[] {
    return [...this.alarmRows.values()].sort(byAttention);
  }

  get queues(): readonly QueueRow[] {
    return [...this.queueRows.values()].sort(byName);
  }

  get meters(): readonly MeterRow[] {
    return [...this.meterRows.values()].sort(byName);
  }

  begin({ tasks, alarms, queues, meters, left, now }: OverviewSnapshot): void {
    replace(this.taskRows, tasks);
    replace(this.alarmRows, alarms);
    replace(this.queueRows, queues);
    replace(this.meterRows, meters);
    this.values.clear();
    this.left = left;
    this.aheadMs = now - Date.now();
  }

  /** @returns whether anything but values has changed */
  take({ rows, gone, left, now }: OverviewUpdate): boolean {
    merge(this.taskRows, rows.tasks, gone.tasks);
    merge(this.alarmRows, rows.alarms, gone.alarms);
    merge(this.queueRows, rows.queues, gone.queues);
    merge(this.meterRows, rows.meters, gone.meters);
    merge(this.values, rows.values, gone.meters);
    this.left = left;
    this.aheadMs = now - Date.now();
    return Object.keys(gone).length > 0 || Object.keys(rows).some((part) => part !== 'values');
  }
}
