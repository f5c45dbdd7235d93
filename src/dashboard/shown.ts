import type { Sample } from '../domain/messages/telemetry';
import type { Quality } from '../domain/quality/quality';

/**
 * What a widget shows, as Node-RED sends it to browsers. Times are epoch milliseconds UTC of Node-RED; a browser says
 * with its own clock only how much later it is.
 */
export interface WidgetValue {
  readonly metric: string;
  readonly label: string;
  /** Empty where there is no value to show; a bad value is none. */
  readonly text: string;
  readonly unit: string;
  /** Where the value is a moment, epoch milliseconds UTC: a browser writes it in its own language and time zone. */
  readonly moment?: number;
  readonly quality: Quality;
  /** Why the quality is not good; empty where it is. */
  readonly reason: string;
  readonly timestamp: number;
  /** From when on it is old. */
  readonly staleAt: number;
}

export interface WidgetGauge extends WidgetValue {
  /** Null where there is no value to point at. */
  readonly value: number | null;
  readonly low: number;
  readonly high: number;
  /** The ends in words, in the unit of the value. */
  readonly lowText: string;
  readonly highText: string;
}

export interface WidgetGroup {
  /** Of the meter, or `derived` and `period` for what is worked out. */
  readonly name: string;
  readonly values: readonly WidgetValue[];
}

export interface WidgetAlarm {
  readonly id: string;
  readonly message: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly since: number;
  readonly acknowledged: boolean;
  /** False: there is no value to compare, it stands as last known. */
  readonly judged: boolean;
}

/** How a meter stands. */
export interface WidgetStanding {
  readonly name: string;
  /** Site, area, line, asset: those that it has. */
  readonly place: string;
  /** Since when nothing can be read of it; 0 while it answers. */
  readonly lostSince: number;
  /** When the newest value was read; 0 for never. */
  readonly readAt: number;
  /** From when on all of it is old. */
  readonly staleAt: number;
}

export interface WidgetMeter extends WidgetStanding {
  readonly gauges: readonly WidgetGauge[];
  readonly groups: readonly WidgetGroup[];
  /** Energy of the day so far and of the day before; absent where nobody works it out. */
  readonly today?: WidgetGauge;
  readonly yesterday?: WidgetGauge;
  /** Absent while nothing was told of alarms, which is not the same as none. */
  readonly alarms?: readonly WidgetAlarm[];
}

/** One meter among many. */
export interface WidgetFleetRow extends WidgetStanding {
  readonly values: readonly WidgetValue[];
  /** How many values there are of each quality; what is old counts as uncertain. */
  readonly good: number;
  readonly uncertain: number;
  readonly bad: number;
  /** Null while nothing was told of alarms. */
  readonly alarms: number | null;
  readonly worstAlarm: WidgetAlarm['severity'] | '';
}

/** One page of the table of all meters, of those that were asked for. */
export interface WidgetFleet {
  /** How many meters there are, and how many of them are read. */
  readonly count: number;
  readonly read: number;
  /** How many of them were asked for. */
  readonly found: number;
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  /** Meters of this page, in their order. */
  readonly names: readonly string[];
  /** Rows of those meters; where the browser has some already, only what has changed. */
  readonly rows: readonly WidgetFleetRow[];
}

/** Which meters the table shows. */
export interface FleetQuestion {
  readonly page: number;
  /** A part of the name or the place; empty for all. */
  readonly find: string;
  /** Only those that are not read, have a bad value or an alarm. */
  readonly isTroubled: boolean;
}

/** What a browser asks, about once a second while somebody can see the widget. */
export interface WatchRequest {
  /** Name of a meter; empty for the first one. */
  readonly meter: string;
  /** When it asks, by its own clock; it is told that again. */
  readonly askedAt: number;
  /** Version of what it has; 0 for nothing. */
  readonly version: number;
  /** The meter that it has something of. */
  readonly has: string;
  readonly fleet: FleetQuestion & {
    /** Version of the rows that it has; 0 for none of this page. */
    readonly version: number;
  };
}

export type StandingKind = 'read' | 'lost' | 'silent' | 'never';

/** What the value of a quality is worth at a moment: a value without a successor is no longer what it was. */
export type ShownQuality = Quality | 'stale';

/** Quality and reason at a moment. A bad value stays bad, also when it is old. */
export function qualityAt(
  { quality, reason, staleAt }: Pick<WidgetValue, 'quality' | 'reason' | 'staleAt'>,
  nowMs: number,
): { readonly quality: ShownQuality; readonly reason: string } {
  if (quality !== 'bad' && nowMs >= staleAt) return { quality: 'stale', reason: 'stale' };
  return { quality, reason };
}

/** How a meter stands at a moment. What was told last counts, until nothing more comes. */
export function standingAt({ lostSince, readAt, staleAt }: WidgetStanding, nowMs: number): StandingKind {
  if (lostSince > 0) return readAt === 0 ? 'never' : 'lost';
  if (readAt === 0) return 'never';
  return nowMs >= staleAt ? 'silent' : 'read';
}

/** A number that may be shown as one: a bad value is none. */
export function shownNumber({ value, quality }: Sample): number | null {
  return typeof value === 'number' && quality !== 'bad' ? value : null;
}
