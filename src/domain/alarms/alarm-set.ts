import type { Quality } from '../quality';
import type { Value } from '../reading';
import type { Sample } from '../telemetry';
import { restoreAlarms, type AlarmSetState, type RuleState } from './alarm-state';
import { conditionHolds, limitOf } from './condition';
import type { AlarmRule, Severity } from './rule';

/** A row of the table of active alarms. */
export interface ActiveAlarm {
  readonly id: string;
  readonly metric: string;
  readonly severity: Severity;
  readonly message: string;
  /** When the condition began to hold, epoch milliseconds UTC. */
  readonly since: number;
  /** The last value seen, null where there was none. */
  readonly value: Value;
  /** How far that value can be trusted. */
  readonly quality: Quality;
  readonly limit: Value;
  readonly acknowledged: boolean;
  /** True when the condition is over and only a reset ends the alarm. */
  readonly latched: boolean;
}

export interface AlarmEvent {
  readonly event: 'raised' | 'cleared' | 'acknowledged';
  /** When it happened, epoch milliseconds UTC. */
  readonly timestamp: number;
  /** The row as it is after `raised` and `acknowledged`, and as it last was before `cleared`. */
  readonly alarm: ActiveAlarm;
}

export type AlarmCommand = 'acknowledge' | 'reset';

type Samples = Readonly<Record<string, Sample | undefined>>;

const MS_PER_SECOND = 1000;
const NO_SAMPLES: Samples = {};
const MOST_BACK_MS = 60_000;

/**
 * The alarms of one meter: rules in, events and a table out. Time is an argument: give it the host's clock, not the time
 * of readings. Delays are looked at whenever `update` or `tick` is called; call `tick` every second or so, because what
 * is missing does not say so itself.
 *
 * A bad value says nothing: it neither raises nor clears (except `missing`). An uncertain one counts, and the alarm
 * carries that quality. `state()` is plain JSON; a new set made with it and the same rules goes on.
 */
export class AlarmSet {
  private readonly states: Map<string, RuleState>;
  private nowMs: number;

  constructor(
    private readonly rules: readonly AlarmRule[],
    saved?: unknown,
  ) {
    const { nowMs, rules: states } = restoreAlarms(saved);
    this.nowMs = nowMs;
    const known = new Set(rules.map(({ id }) => id));
    this.states = new Map([...states].filter(([id]) => known.has(id)));
  }

  /** Takes the metrics of a telemetry, those of the catalogue and KPIs alike. */
  update(samples: Samples, timeMs: number): AlarmEvent[] {
    this.advance(timeMs);
    const events: AlarmEvent[] = [];
    for (const rule of this.rules) {
      const event = this.step(rule, samples[rule.metric]);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /** Lets time pass. */
  tick(timeMs: number): AlarmEvent[] {
    return this.update(NO_SAMPLES, timeMs);
  }

  /** The table of active alarms, in the order of the rules. */
  active(): ActiveAlarm[] {
    return this.rules.flatMap((rule) => this.row(rule) ?? []);
  }

  /**
   * A person's command. `acknowledge` marks alarms as seen; `reset` ends latched ones whose condition is over, and does
   * nothing to the others.
   * @param id of one alarm; all of them where absent
   */
  command(command: AlarmCommand, timeMs: number, id?: string): AlarmEvent[] {
    this.advance(timeMs);
    return this.rules
      .filter((rule) => id === undefined || rule.id === id)
      .flatMap((rule) => (command === 'acknowledge' ? this.acknowledge(rule) : this.reset(rule)) ?? []);
  }

  state(): AlarmSetState {
    return { format: 'pm500.alarms/1', nowMs: this.nowMs, rules: Object.fromEntries(this.states) };
  }

  /** Clocks are corrected by a little all the time; when one goes back far, delays begin again rather than never end. */
  private advance(timeMs: number): void {
    if (timeMs < this.nowMs - MOST_BACK_MS) {
      this.nowMs = timeMs;
      for (const [id, state] of this.states) {
        this.states.set(id, {
          ...state,
          turnedMs: Math.min(state.turnedMs, timeMs),
          seenMs: Math.min(state.seenMs, timeMs),
        });
      }
    }
    this.nowMs = Math.max(this.nowMs, timeMs);
  }

  private step(rule: AlarmRule, sample: Sample | undefined): AlarmEvent | undefined {
    const { nowMs } = this;
    const before = this.states.get(rule.id) ?? { holds: false, turnedMs: nowMs, seenMs: nowMs };
    const value = sample === undefined || sample.quality === 'bad' ? null : sample.value;
    const seenMs = value === null ? before.seenMs : nowMs;
    const missing = rule.condition === 'missing';
    const holds = missing
      ? // Telemetry without the metric is no proof, because groups are read at different times. Only time is.
        value === null && nowMs - seenMs >= rule.onDelaySeconds * MS_PER_SECOND
      : (conditionHolds(rule, value, before.holds, before.previous) ?? before.holds);
    const turnedMs = holds === before.holds ? before.turnedMs : missing && holds ? seenMs : nowMs;
    const previous = value ?? before.previous;
    const active =
      before.active === undefined || sample === undefined
        ? before.active
        : { ...before.active, value: sample.value, quality: sample.quality };
    const after: RuleState = {
      holds,
      turnedMs,
      seenMs,
      ...(previous === undefined ? {} : { previous }),
      ...(active === undefined ? {} : { active }),
    };
    this.states.set(rule.id, after);
    return this.settle(rule, after, sample);
  }

  /** Raises or clears when a delay is over. */
  private settle(rule: AlarmRule, state: RuleState, sample: Sample | undefined): AlarmEvent | undefined {
    const heldMs = this.nowMs - state.turnedMs;
    if (state.holds && state.active === undefined && heldMs >= rule.onDelaySeconds * MS_PER_SECOND) {
      const missing = rule.condition === 'missing';
      const value = sample?.value ?? (missing ? null : (state.previous ?? null));
      const quality = sample?.quality ?? (missing ? 'bad' : 'uncertain');
      const active = { sinceMs: state.turnedMs, acknowledged: false, value, quality };
      this.states.set(rule.id, { ...state, active });
      return this.event('raised', rule);
    }
    const over = !state.holds && heldMs >= rule.offDelaySeconds * MS_PER_SECOND;
    return over && state.active !== undefined && !rule.latching ? this.clear(rule, state) : undefined;
  }

  private clear(rule: AlarmRule, { active: _ended, ...rest }: RuleState): AlarmEvent | undefined {
    const event = this.event('cleared', rule);
    this.states.set(rule.id, rest);
    return event;
  }

  private acknowledge(rule: AlarmRule): AlarmEvent | undefined {
    const state = this.states.get(rule.id);
    if (state?.active === undefined || state.active.acknowledged) return undefined;
    this.states.set(rule.id, { ...state, active: { ...state.active, acknowledged: true } });
    return this.event('acknowledged', rule);
  }

  private reset(rule: AlarmRule): AlarmEvent | undefined {
    const state = this.states.get(rule.id);
    return state?.active !== undefined && rule.latching && !state.holds ? this.clear(rule, state) : undefined;
  }

  private event(event: AlarmEvent['event'], rule: AlarmRule): AlarmEvent | undefined {
    const alarm = this.row(rule);
    return alarm === undefined ? undefined : { event, timestamp: this.nowMs, alarm };
  }

  private row(rule: AlarmRule): ActiveAlarm | undefined {
    const state = this.states.get(rule.id);
    if (state?.active === undefined) return undefined;
    const { id, metric, severity, message, latching } = rule;
    const { sinceMs, acknowledged, value, quality } = state.active;
    return {
      id,
      metric,
      severity,
      message,
      since: sinceMs,
      value,
      quality,
      limit: limitOf(rule, value),
      acknowledged,
      latched: latching && !state.holds,
    };
  }
}
