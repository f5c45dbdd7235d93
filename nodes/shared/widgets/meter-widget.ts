import { mergedFleet, mergedMeter } from '../../../src/dashboard/merged';
import { standingAt } from '../../../src/dashboard/shown';
import type { WidgetPart } from '../../ui-pm500-meter/settings';
import type { MeterUpdate } from '../../ui-pm500-meter/update';
import { alarmList } from './alarms';
import { energyBars } from './energy';
import { fleetTable } from './fleet';
import { gauge } from './gauge';
import { head, nothingYet } from './head';
import { notices } from './notices';
import { qualitySummary, valueGroups } from './values';
import { el, registerWidget, type Drawn } from './vue';
import { watchMeter, type Merge } from './watch';
import style from './widget.css';

interface MeterProps {
  readonly parts: readonly WidgetPart[];
  readonly isFixed: boolean;
}

const merge: Merge<MeterUpdate> = (had, told) => {
  const [before, meter] = [told.since === 0 ? undefined : had?.meter, told.meter];
  const merged = before !== undefined && meter !== undefined ? mergedMeter(before, meter) : (meter ?? before);
  const kept = told.since === 0 ? undefined : had?.fleet;
  const table = told.fleet === undefined ? { fleet: kept, isLacking: true } : mergedFleet(had?.fleet, told.fleet);
  const { now, askedAt, version, since, chosen, leftOut } = told;
  return {
    update: {
      ...{ now, askedAt, version, since, chosen, leftOut },
      ...(merged === undefined ? {} : { meter: merged }),
      ...(table.fleet === undefined ? {} : { fleet: table.fleet }),
    },
    isLacking: table.isLacking,
  };
};

registerWidget<MeterProps>('ui-pm500-meter', style, (given) => {
  const { id } = given;
  const watched = watchMeter<MeterUpdate>(id, merge);
  const { update, names, nowMs: clock, silentSince, choose } = watched;
  return (): Drawn => {
    // They are others after a deployment.
    const { parts, isFixed } = given.props;
    const { meter, fleet, chosen = '' } = update.value ?? {};
    const nowMs = clock.value;
    const has = (part: WidgetPart): boolean => parts.includes(part);
    const isFleetOnly = parts.every((part) => part === 'fleet');
    const drawn: Drawn[] = [...notices({ update: update.value, silentSince: silentSince.value, nowMs })];
    if (!isFleetOnly) {
      drawn.push(
        head({
          id,
          names: isFixed ? [] : names.value,
          chosen,
          meter,
          nowMs,
          choose,
        }),
      );
      if (meter === undefined) drawn.push(nothingYet(chosen));
      else {
        if (has('gauges')) {
          drawn.push(el('div', 'pm500-gauges', ...meter.gauges.map((each) => gauge(each, nowMs))));
          drawn.push(el('div', 'pm500-summary', qualitySummary(meter.gauges, nowMs)));
        }
        if (has('energy')) drawn.push(energyBars(meter.today, meter.yesterday, nowMs));
        if (has('alarms')) drawn.push(alarmList(meter.alarms, standingAt(meter, nowMs) === 'read', nowMs));
        if (has('values')) drawn.push(...valueGroups(meter.groups, nowMs));
      }
    }
    if (fleet !== undefined) {
      const { fleet: question, ask } = watched;
      drawn.push(
        fleet.count === 0
          ? nothingYet('')
          : fleetTable({ id, fleet, chosen, nowMs, question: question.value, choose, ask }),
      );
    } else if (isFleetOnly) drawn.push(nothingYet(''));
    return el('div', 'pm500-widget pm500-meter-widget', ...drawn);
  };
});
