import { alarmList, alarmMessage, alarmRulesMessage, type AlarmMessage } from '../../src/domain/alarms/alarm-message';
import { AlarmSet } from '../../src/domain/alarms/alarm-set';
import { parseAlarmRules } from '../../src/domain/alarms/parse-rules';
import type { AlarmRule } from '../../src/domain/alarms/rule';
import type { Instant } from '../../src/domain/alarms/rule-watch';
import type { Value } from '../../src/domain/messages/reading';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { sampleOf } from './telemetry';

/** Both clocks agree, as on a host whose time nobody sets. */
export const momentOf = (ms: number): Instant => ({ wallMs: ms, elapsedMs: ms });

const METRICS = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));

/** A rule of one metric, as a person writes it. */
export const HIGH = { id: 'high', metric: 'current_l1', condition: 'above', limit: 100, message: 'Too much.' };

/** The rules that rows give, none of which may be refused. */
export function rulesOf(...rows: readonly object[]): readonly AlarmRule[] {
  const { rules, problems } = parseAlarmRules(rows, METRICS);
  if (problems.length > 0) throw new Error(problems.join(' '));
  return rules;
}

const ALARMED_METER = { name: 'm1', host: '127.0.0.1', tags: { site: 's', alarm: 'no name of an alarm' } };

/** Alarm messages as `pm500-normalize` makes them, second by second. */
export class AlarmScript {
  private readonly alarms: AlarmSet;
  private nowMs = 1_767_600_000_000;

  constructor(...rows: readonly object[]) {
    this.alarms = new AlarmSet(rulesOf(...rows));
  }

  see(metric: string, value: Value): readonly AlarmMessage[] {
    this.nowMs += 1000;
    return this.messages(this.alarms.update({ [metric]: sampleOf(metric, value, this.nowMs) }, momentOf(this.nowMs)));
  }

  command(command: 'acknowledge' | 'reset'): readonly AlarmMessage[] {
    this.nowMs += 1000;
    return this.messages(this.alarms.command(command, this.nowMs));
  }

  list(): AlarmMessage {
    return alarmList(ALARMED_METER, this.alarms.tables(), this.nowMs);
  }

  rules(): AlarmMessage {
    return alarmRulesMessage(ALARMED_METER, this.alarms.tables(), this.alarms.inactive(), this.nowMs);
  }

  private messages(events: ReturnType<AlarmSet['update']>): readonly AlarmMessage[] {
    return events.map((event) => alarmMessage(ALARMED_METER, event, this.alarms.tables()));
  }
}
