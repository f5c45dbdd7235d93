import type { MeterModel, WiringMode } from '../../meters/meter-model';
import { alarmList, alarmMessage, alarmRulesMessage, type AlarmMessage } from '../alarms/alarm-message';
import { AlarmSet, type ActiveAlarm, type AlarmCommand, type AlarmEvent } from '../alarms/alarm-set';
import type { Instant } from '../alarms/rule-watch';
import { counterList, counterMessages, type CounterMessage } from '../counters/counter-message';
import type { CounterQuestion } from '../counters/records';
import type { CounterAnswer } from '../counters/track';
import { ReportByException } from '../reporting/deadband';
import { KpiSet } from '../kpis/kpi-set';
import type { LayoutVerdict } from '../layout-check/verdict';
import { normalizeReading, type NormalizeContext } from '../quality/normalize';
import { absentMetrics } from '../quality/wiring';
import { meterForMessage, type MeterReference, type Reading } from '../messages/reading';
import { MeterTime, momentOf } from '../time/meter-time';
import type { ReadTimes } from '../time/read-times';
import { TELEMETRY_SCHEMA, type Sample, type Telemetry } from '../messages/telemetry';
import { BlockWatch } from './block-watch';
import { countAlarms, NORMALIZE_DIAGNOSTICS_SCHEMA, type AlarmCounts, type NormalizeDiagnostics } from './diagnostics';
import { RecentTelemetry } from './recent';
import type { NormalizerSettings } from './settings';
import { readState, UnprovenDeltas, type NormalizerState } from './state';
import { QualityTally, type Concerns } from './tally';
import { WholeMetrics } from './whole-metrics';

/** What a reading, a command or time that passes gives. */
export interface NormalizerOutput {
  /** Only what is to be reported; absent when nothing is. */
  readonly telemetry?: Telemetry;
  readonly alarms: readonly AlarmMessage[];
}

export interface Accepted extends NormalizerOutput {
  /** What happened to counters. */
  readonly counters: readonly CounterMessage[];
  /** Once until it changes: live data contradict the confirmed layout, or no longer do. */
  readonly layoutVerdict?: LayoutVerdict | undefined;
  /** Once: the supply is not the nominal one, as a sentence for people. */
  readonly otherSupply?: string | undefined;
  /** By how much the wall clock was set since the reading before, ms; absent when it was not. */
  readonly clockStepMs?: number;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const NO_ALARMS: readonly AlarmMessage[] = [];
const NO_COUNTERS: readonly CounterMessage[] = [];

function countOf({ metrics }: Telemetry): number {
  let count = 0;
  for (const name in metrics) if (metrics[name] !== undefined) count++;
  return count;
}

/**
 * One meter from readings to telemetry: quality, energy deltas and KPIs, alarms, report by exception. Time is an
 * argument: the host's wall clock in epoch milliseconds UTC, and its uptime, which nobody sets. `state()` is plain JSON; a new normalizer made with it goes on.
 */
export class Normalizer {
  private readonly tally = new QualityTally();
  private readonly blocks = new BlockWatch();
  private readonly recent = new RecentTelemetry();
  private readonly kpis: KpiSet | undefined;
  private readonly metrics = new WholeMetrics();
  private readonly alarms: AlarmSet;
  private readonly report: ReportByException | undefined;
  private readonly time: MeterTime;
  private readonly unproven: UnprovenDeltas;
  private readonly absent: NormalizeContext['absent'];
  private questions: readonly CounterQuestion[];
  private applied: NormalizeContext['layoutVerdicts'];
  /** What was applied, and above it what live data hold against the layout. */
  private verdicts: NormalizeContext['layoutVerdicts'];
  private readings = 0;
  /** Where everything is reported. */
  private reported = 0;
  private clockSteps = 0;
  /** Active alarms by severity; worked out when one changes. */
  activeCounts: AlarmCounts;

  /**
   * @param saved what `state()` gave; anything else is a start without a past
   * @param isSavedNow false when more may have been sent since the state was saved, as when the process was killed
   */
  constructor(
    private readonly settings: NormalizerSettings,
    private meter: MeterReference,
    saved?: unknown,
    isSavedNow = true,
  ) {
    const state = readState(saved);
    const { model, kpis, report, alarmRules, wiring, staleAfterMs } = settings;
    this.kpis = kpis === undefined ? undefined : new KpiSet(kpis, settings.counters, state.kpis);
    this.questions = this.kpis?.questions ?? [];
    this.alarms = new AlarmSet(alarmRules, state.alarms, staleAfterMs);
    this.activeCounts = countAlarms(this.alarms.active());
    this.report = report === undefined ? undefined : new ReportByException(report);
    this.time = new MeterTime(state.time);
    this.unproven = new UnprovenDeltas(isSavedNow ? undefined : state.kpis);
    this.absent = wiring === undefined ? undefined : absentMetrics(model, wiring);
  }

  /** Alarm rules that cannot be judged, as far as receivers were told. */
  get unjudgedCount(): number {
    return this.alarms.unjudgedCount;
  }

  /** Of the last value of every metric, reported or not. */
  get concerns(): Concerns {
    return this.tally.concerns;
  }

  get model(): MeterModel {
    return this.settings.model;
  }

  get wiring(): WiringMode | undefined {
    return this.settings.wiring;
  }

  /** True when there is something to save. */
  get hasState(): boolean {
    return this.kpis !== undefined || this.settings.alarmRules.length > 0;
  }

  /**
   * @param uptimeMs milliseconds since this host was booted; without it the wall clock says what elapsed
   * @param bootId which boot of which host that is
   */
  accept(reading: Reading, nowMs: number, uptimeMs?: number, bootId?: string): Accepted {
    const isLossNews = reading.meter.lostSince !== undefined && this.meter.lostSince === undefined;
    this.meter = meterForMessage(reading.meter);
    this.readings++;
    const times = this.time.take(reading, momentOf(nowMs, uptimeMs, bootId));
    if (times.stepMs !== undefined) this.clockSteps++;
    const context: NormalizeContext = {
      nowMs,
      staleAfterMs: this.settings.staleAfterMs,
      previousTimestamp: this.blocks.take(reading),
      isClockDoubtful: times.isDoubtful,
      absent: this.absent,
      layoutVerdicts: this.verdicts,
    };
    const telemetry = this.measure(reading, context, times);
    const passed = this.filter(telemetry, uptimeMs ?? nowMs, isLossNews);
    const alarms = this.judge(telemetry, { wallMs: nowMs, elapsedMs: uptimeMs ?? nowMs }, times.axisOf);
    const accepted: Writable<Accepted> = { alarms, counters: this.takeCounterMessages() };
    if (passed !== undefined) accepted.telemetry = passed;
    if (times.stepMs !== undefined) accepted.clockStepMs = times.stepMs;
    return accepted;
  }

  /** Lets time pass: delays of alarms, and what was held back for as long as it may be. Call it every second. */
  tick(nowMs: number, uptimeMs?: number): NormalizerOutput {
    const alarms = this.toMessages(this.alarms.tick({ wallMs: nowMs, elapsedMs: uptimeMs ?? nowMs }));
    const due = this.report?.flush(uptimeMs ?? nowMs);
    return due === undefined ? { alarms } : { telemetry: this.telemetryOf(due), alarms };
  }

  /** Everything that was last known, changed or not; undefined before the first reading. */
  sendAll(nowMs: number, uptimeMs?: number): Telemetry | undefined {
    const all = this.recent.all();
    if (all === undefined) return undefined;
    if (this.report === undefined) this.reported += countOf(all);
    else this.report.filter(all, uptimeMs ?? nowMs, true);
    return all;
  }

  command(command: AlarmCommand, nowMs: number, id?: string, by?: string): readonly AlarmMessage[] {
    return this.toMessages(this.alarms.command(command, nowMs, id, by));
  }

  /** What stands in the table of active alarms now. */
  get activeAlarms(): readonly ActiveAlarm[] {
    const { info, warning, critical } = this.activeCounts;
    return info + warning + critical === 0 ? [] : this.alarms.active();
  }

  /** Everything that was last known; nothing of it counts as reported. Undefined before the first reading. */
  get lastKnown(): Telemetry | undefined {
    return this.recent.all();
  }

  listAlarms(nowMs: number): AlarmMessage {
    return alarmList(this.meter, this.alarms.tables(), nowMs);
  }

  /** True for the id of a rule of this meter, whether its alarm is active or not. */
  knowsAlarm(id: string): boolean {
    return this.settings.alarmRules.some((rule) => rule.id === id);
  }

  /** How many counters a person is asked about. */
  get openQuestions(): number {
    return this.questions.length;
  }

  /** What is known of the counters: open questions, and what happened. */
  listCounters(nowMs: number): CounterMessage {
    return counterList(this.meter, this.kpis?.book ?? [], this.questions, nowMs);
  }

  /** @returns what a person's answer changed; empty when nothing was asked */
  answerCounters(answer: CounterAnswer, nowMs: number, counter?: string): readonly CounterMessage[] {
    this.kpis?.answer(answer, nowMs, counter);
    return this.takeCounterMessages();
  }

  /** @returns what changed; empty when there is nothing to correct at that time, or too little */
  correctCounter(counter: string, by: number, at: number, nowMs: number, note?: string): readonly CounterMessage[] {
    this.kpis?.correct(counter, by, at, nowMs, note);
    return this.takeCounterMessages();
  }

  /** What the layout check has found counts for quality from now on; undefined: nothing is known any more. */
  applyVerdicts(verdicts: NormalizeContext['layoutVerdicts']): void {
    this.applied = verdicts;
    this.verdicts = verdicts;
  }

  /** What live data hold against a confirmed layout, in place of what they held before. */
  holdAgainst(found: NonNullable<NormalizeContext['layoutVerdicts']>): void {
    this.verdicts = found.size === 0 ? this.applied : new Map([...(this.applied ?? []), ...found]);
  }

  diagnostics(nowMs: number): NormalizeDiagnostics {
    const { name, host, tags } = this.meter;
    return {
      schema: NORMALIZE_DIAGNOSTICS_SCHEMA,
      meter: { name, host, tags: { ...tags } },
      timestamp: nowMs,
      readings: this.readings,
      values: this.tally.counts,
      reasons: this.tally.reasons,
      reported: this.report?.reported ?? this.reported,
      suppressed: this.report?.suppressed ?? 0,
      alarms: { ...this.activeCounts },
      clockSteps: this.clockSteps,
      unjudged: this.alarms.unjudged().length,
      counterQuestions: this.questions.length,
    };
  }

  state(): NormalizerState {
    const { name, host, tags } = this.meter;
    const meter = { name, host, tags };
    return { kpis: this.kpis?.state(), alarms: this.alarms.state(), time: this.time.state(), meter };
  }

  private judge({ metrics }: Telemetry, now: Instant, axisOf: ReadTimes['axisOf']): readonly AlarmMessage[] {
    const messages = this.toMessages(this.alarms.update(metrics, now, axisOf));
    if (this.settings.alarmRules.length === 0 || !this.alarms.hasNewRules()) return messages;
    return [...messages, alarmRulesMessage(this.meter, this.alarms.tables(), this.alarms.inactive(), now.wallMs)];
  }

  /** What was read, and what is worked out from it. */
  private measure(reading: Reading, context: NormalizeContext, times: ReadTimes): Telemetry {
    if (this.kpis === undefined) {
      const telemetry = normalizeReading(reading, context, this.tally);
      this.recent.remember(reading, context);
      return telemetry;
    }
    const begun = this.metrics.begin(reading.blocks);
    const measured = normalizeReading(reading, context, this.tally, begun.metrics);
    this.kpis.update(measured, times, begun.derived, this.settings.energyDeltas);
    this.unproven.mark(begun.derived);
    const { metrics, derived } = this.metrics.end(begun);
    for (const name in derived) this.tally.add(name, derived[name]?.reason);
    this.recent.remember(reading, context, derived);
    return { ...measured, metrics };
  }

  private takeCounterMessages(): readonly CounterMessage[] {
    const records = this.kpis?.takeRecords() ?? [];
    if (records.length === 0) return NO_COUNTERS;
    this.questions = this.kpis?.questions ?? [];
    return counterMessages(this.meter, records, this.questions);
  }

  private filter(telemetry: Telemetry, uptimeMs: number, isLossNews: boolean): Telemetry | undefined {
    if (this.report === undefined) {
      this.reported += countOf(telemetry);
      return telemetry;
    }
    // That the meter is lost may come when every value is bad already, and must reach the sinks all the same.
    return this.report.filter(telemetry, uptimeMs, isLossNews);
  }

  private telemetryOf(metrics: Readonly<Record<string, Sample>>): Telemetry {
    const timestamp = Object.values(metrics).reduce((latest, sample) => Math.max(latest, sample.timestamp), 0);
    return { schema: TELEMETRY_SCHEMA, meter: meterForMessage(this.meter), timestamp, metrics };
  }

  private toMessages(events: readonly AlarmEvent[]): readonly AlarmMessage[] {
    if (events.length === 0) return NO_ALARMS;
    this.activeCounts = countAlarms(this.alarms.active());
    // Tables for each: one message of a reading may be changed before the next one has arrived.
    return events.map((event) => alarmMessage(this.meter, event, this.alarms.tables()));
  }
}
