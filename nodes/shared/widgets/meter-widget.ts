import { standingAt } from '../../../src/dashboard/shown';
import type { WidgetPart } from '../../ui-pm500-meter/settings';
import type { MeterUpdate } from '../../ui-pm500-meter/update';
import { alarmList } from './alarms';
import { energyBars } from './energy';
import { fleetTable } from './fleet';
import { gauge } from './gauge';
import { head, nothingYet } from './head';
import { qualitySummary, valueGroups } from './values';
import { el, registerWidget, type Drawn } from './vue';
import { watchMeter } from './watch';
import style from './widget.css';

interface MeterProps {
  readonly parts: readonly WidgetPart[];
  readonly isFixed: boolean;
}

registerWidget<MeterProps>('ui-pm500-meter', style, (given) => {
  const { id } = given;
  const { update, names, nowMs: clock, isConnected, choose } = watchMeter<MeterUpdate>(id);
  return (): Drawn => {
    // They are others after a deployment.
    const { parts, isFixed } = given.props;
    const { meter, fleet, chosen = '' } = update.value ?? {};
    const nowMs = clock.value;
    const has = (part: WidgetPart): boolean => parts.includes(part);
    const isFleetOnly = parts.every((part) => part === 'fleet');
    const drawn: Drawn[] = [];
    if (!isFleetOnly) {
      drawn.push(
        head({
          id,
          names: isFixed ? [] : names.value,
          chosen,
          meter,
          nowMs,
          isConnected: isConnected.value,
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
      drawn.push(fleet.length === 0 ? nothingYet('') : fleetTable(fleet, chosen, nowMs, choose));
    } else if (isFleetOnly) drawn.push(nothingYet(''));
    return el('div', 'pm500-widget pm500-meter-widget', ...drawn);
  };
});
