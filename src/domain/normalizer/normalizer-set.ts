import type { Metric } from '../../metrics/measurement';
import { Pm500Error } from '../../support/errors';
import { describeValue, isRecord, type UnknownRecord } from '../../support/expect';
import type { AlarmMessage } from '../alarms/alarm-message';
import type { ActiveAlarm } from '../alarms/alarm-set';
import { SEVERITIES } from '../alarms/rule';
import type { CounterMessage } from '../counters/counter-message';
import { EnergyGuard } from '../layout-check/energy-guard';
import type { LayoutVerdict } from '../layout-check/verdict';
import type { Reading } from '../messages/reading';
import type { Telemetry } from '../messages/telemetry';
import { AwayMeters, clearedAlarms } from './away-meters';
import type { NormalizeCommand } from './command';
import { changeCounters } from './counter-commands';
import type { AlarmCounts, NormalizeDiagnostics } from './diagnostics';
import { checkLayout, guardEnergy, refuseUnknown, type ChosenMeters, type MeterEntry } from './meter-entry';
import { Normalizer, type Accepted, type NormalizerOutput } from './normalizer';
import { NominalWatch } from './nominal-watch';
import { MOST_SCHEDULES, scheduleKey } from './recent';
import { Rhythm } from './rhythm';
import type { NormalizerSettings } from './settings';
import { NO_CONCERNS, withConcerns, type Concerns } from './tally';

/** What a node remembers over a restart. Plain JSON. */
export interface NormalizerSetState {
  readonly format: typeof STATE_FORMAT;
  /** True when nothing was sent after this was saved. */
  readonly closed: boolean;
  readonly meters: Readonly<Record<string, unknown>>;
}

const STATE_FORMAT = 'pm500.normalize-state/1';

/** What commands give. */
export interface Answer {
  readonly telemetry: readonly Telemetry[];
  readonly events: readonly (AlarmMessage | CounterMessage | LayoutVerdict)[];
}

/** How many meters give no readings any more, whole ones and in part. */
export interface Silence {
  readonly meters: number;
  readonly whole: number;
  readonly part: number;
}

/** How one meter stands. */
export interface NormalizedMeter {
  readonly name: string;
  /** Of the last value of every metric. */
  readonly concerns: Concerns;
  /** Which of its schedules give no readings any more. */
  readonly silence: 'none' | 'part' | 'all';
  readonly alarms: readonly ActiveAlarm[];
  /** How many of its alarm rules cannot be judged, as far as receivers were told. */
  readonly unjudged: number;
  /** How many counters a person is asked about. */
  readonly openQuestions: number;
}

/** A site has fewer; beyond this something else is sending, and memory stays flat. */
const MOST_METERS = 5000;

/** A saved state as it can be used; undefined when it is none. */
export function isSetState(saved: unknown): saved is UnknownRecord {
  return isRecord(saved) && saved['format'] === STATE_FORMAT && isRecord(saved['meters']);
}

/** All meters whose readings come to one node, each with a normalizer of its own. */
export class NormalizerSet {
  private readonly meters = new Map<string, MeterEntry>();
  private readonly away: AwayMeters;
  private readonly wasClosed: boolean;
  /** Of the last value of every metric of every meter. */
  concerns: Concerns = NO_CONCERNS;

  /**
   * @param settingsFor how a meter is treated that has these metrics of its own layout
   * @param saved what `state()` gave
   * @param problems one sentence for each part of the configuration that is left out
   */
  constructor(
    private readonly settingsFor: (definitions: readonly Metric[]) => NormalizerSettings,
    saved?: unknown,
    private readonly problems: readonly string[] = [],
  ) {
    const usable = isSetState(saved) ? saved : {};
    this.away = new AwayMeters(usable['meters'], MOST_METERS);
    this.wasClosed = usable['closed'] === true;
  }

  /**
   * @param uptimeMs milliseconds since this host was booted; without it the wall clock says what elapsed
   * @param bootId which boot of which host that is
   */
  accept(reading: Reading, nowMs: number, uptimeMs?: number, bootId?: string): Accepted {
    const entry = this.meters.get(reading.meter.name) ?? this.add(reading);
    entry.layoutCheck?.accept(reading);
    entry.rhythm.hear(scheduleKey(reading), uptimeMs ?? nowMs);
    const layoutVerdict = guardEnergy(entry, reading);
    const accepted = entry.normalizer.accept(reading, nowMs, uptimeMs, bootId);
    const { concerns } = entry.normalizer;
    this.concerns = withConcerns(this.concerns, concerns, entry.counted);
    entry.counted = concerns;
    const otherSupply = entry.nominalWatch?.accept(reading, uptimeMs ?? nowMs);
    if (layoutVerdict === undefined && otherSupply === undefined) return accepted;
    return { ...accepted, layoutVerdict, otherSupply };
  }

  /** @param elapsedMs of the clock that `accept` has as uptime */
  silence(elapsedMs: number): Silence {
    const silence = { meters: this.meters.size, whole: 0, part: 0 };
    for (const { rhythm } of this.meters.values()) {
      const one = rhythm.silence(elapsedMs);
      if (one === 'all') silence.whole++;
      else if (one === 'part') silence.part++;
    }
    return silence;
  }

  tick(nowMs: number, uptimeMs?: number): readonly NormalizerOutput[] {
    return [...this.meters.values()].map(({ normalizer }) => normalizer.tick(nowMs, uptimeMs));
  }

  /** @throws Pm500Error MESSAGE_INVALID in one sentence when it cannot be done */
  command(command: NormalizeCommand, nowMs: number, uptimeMs?: number): Answer {
    if (command.kind === 'forget') return { telemetry: [], events: this.forget(command.name, nowMs) };
    if (command.kind === 'alarms') return { telemetry: [], events: this.listAlarms(nowMs, command.meter) };
    const chosen = this.choose(command.meter);
    switch (command.kind) {
      case 'sendAll':
        return {
          telemetry: chosen.flatMap(([, { normalizer }]) => normalizer.sendAll(nowMs, uptimeMs) ?? []),
          events: [],
        };
      case 'layoutCheck':
        return { telemetry: [], events: chosen.flatMap(([name, entry]) => checkLayout(name, entry, command.step)) };
      case 'listCounters':
        return { telemetry: [], events: chosen.map(([, { normalizer }]) => normalizer.listCounters(nowMs)) };
      case 'answerCounters':
      case 'correctCounter':
        return { telemetry: [], events: changeCounters(command, nowMs, chosen) };
      case 'acknowledge':
      case 'reset': {
        const { kind, id, by } = command;
        if (id !== undefined) refuseUnknown(id, chosen);
        const events = chosen.flatMap(([, { normalizer }]) => normalizer.command(kind, nowMs, id, by));
        return { telemetry: [], events };
      }
    }
  }

  /**
   * How each meter stands that has sent a reading, for whoever looks at all of them.
   * @param elapsedMs of the clock that `accept` has as uptime
   */
  standings(elapsedMs: number): readonly NormalizedMeter[] {
    return [...this.meters].map(([name, { normalizer, rhythm, counted }]) => ({
      name,
      concerns: counted,
      silence: rhythm.silence(elapsedMs),
      alarms: normalizer.activeAlarms,
      unjudged: normalizer.unjudgedCount,
      openQuestions: normalizer.openQuestions,
    }));
  }

  /** Everything that was last known of a meter; undefined where it has sent no reading. */
  lastKnown(name: string): Telemetry | undefined {
    return this.meters.get(name)?.normalizer.lastKnown;
  }

  /** Active alarms of all meters. */
  get alarms(): AlarmCounts {
    const sum = { info: 0, warning: 0, critical: 0 };
    for (const { normalizer } of this.meters.values()) {
      for (const severity of SEVERITIES) sum[severity] += normalizer.activeCounts[severity];
    }
    return sum;
  }

  /** Alarm rules of all meters that cannot be judged, as far as receivers were told. */
  get unjudgedCount(): number {
    let sum = 0;
    for (const { normalizer } of this.meters.values()) sum += normalizer.unjudgedCount;
    return sum;
  }

  /** How many counters of all meters a person is asked about. */
  get openQuestions(): number {
    let sum = 0;
    for (const { normalizer } of this.meters.values()) sum += normalizer.openQuestions;
    return sum;
  }

  diagnostics(nowMs: number): readonly NormalizeDiagnostics[] {
    const problems = this.problems.length;
    return [...this.meters.values()].map(({ normalizer }) => ({
      ...normalizer.diagnostics(nowMs),
      problems,
      problemTexts: [...this.problems],
    }));
  }

  /** @param closed true when nothing will be sent any more */
  state(closed: boolean): NormalizerSetState {
    // Meters that have not sent anything since the start keep what is known of them, as long as there is room.
    const kept = Math.max(0, MOST_METERS - this.meters.size);
    const meters = new Map(kept === 0 ? [] : [...this.away.entries].slice(-kept));
    for (const [name, { normalizer }] of this.meters) if (normalizer.hasState) meters.set(name, normalizer.state());
    return { format: STATE_FORMAT, closed, meters: Object.fromEntries(meters) };
  }

  private add({ meter, layout, definitions }: Reading): MeterEntry {
    if (this.meters.size >= MOST_METERS) {
      throw new Pm500Error(
        'MESSAGE_INVALID',
        `payload.meter.name is ${describeValue(meter.name)}, but this node has ${MOST_METERS} meters already; spread them over several pm500-normalize nodes.`,
      );
    }
    const settings = this.settingsFor(definitions ?? []);
    const normalizer = new Normalizer(settings, meter, this.away.take(meter.name), this.wasClosed);
    const entry: MeterEntry = {
      normalizer,
      rhythm: new Rhythm(MOST_SCHEDULES),
      counted: NO_CONCERNS,
      layoutCheck: undefined,
      energyGuard: new EnergyGuard(settings.model, layout.name),
      isEnergyHeld: false,
      nominalWatch: settings.nominal === undefined ? undefined : new NominalWatch(settings.nominal),
    };
    this.meters.set(meter.name, entry);
    return entry;
  }

  /** Of all meters, or of one, also of those that have sent nothing since the start. */
  private listAlarms(nowMs: number, name: string | undefined): readonly AlarmMessage[] {
    const isAway = name !== undefined && this.away.has(name);
    const away = name === undefined || isAway ? this.away.alarms(this.settingsFor([]), nowMs, name) : [];
    if (isAway || (this.meters.size === 0 && away.length > 0)) return away;
    return [...this.choose(name).map(([, { normalizer }]) => normalizer.listAlarms(nowMs)), ...away];
  }

  /** Everything that is known of a meter goes; its alarms are told as cleared. If it comes again, it is a new one. */
  private forget(name: string, nowMs: number): readonly AlarmMessage[] {
    if (this.away.has(name)) return clearedAlarms(this.settingsFor([]), name, this.away.take(name), nowMs);
    const [chosen] = this.choose(name);
    if (chosen === undefined) return [];
    const [, { normalizer, counted }] = chosen;
    this.meters.delete(name);
    this.concerns = withConcerns(this.concerns, NO_CONCERNS, counted);
    return clearedAlarms(this.settingsFor([]), name, normalizer.state(), nowMs);
  }

  private choose(name: string | undefined): ChosenMeters {
    const all = [...this.meters];
    const chosen = name === undefined ? all : all.filter(([known]) => known === name);
    if (chosen.length > 0) return chosen;
    const known =
      all.length === 0
        ? 'none has sent a reading yet'
        : `it has ${all
            .slice(0, 5)
            .map(([each]) => describeValue(each))
            .join(', ')}`;
    throw new Pm500Error(
      'MESSAGE_INVALID',
      name === undefined
        ? 'No meter has sent a reading to this node yet; send the command after the first one.'
        : `payload.meter is ${describeValue(name)}, but this node has no such meter (${known}); correct the name.`,
    );
  }
}
