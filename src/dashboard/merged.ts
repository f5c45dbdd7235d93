import type { WidgetFleet, WidgetMeter, WidgetValue } from './shown';

/** Values that a browser has, with those that are told anew in their places. */
function newest<Value extends WidgetValue>(had: readonly Value[], told: readonly Value[]): readonly Value[] {
  if (told.length === 0) return had;
  const changed = new Map(told.map((value) => [value.metric, value]));
  return had.map((value) => changed.get(value.metric) ?? value);
}

/** A meter as a browser has it, with what has changed since. Nothing comes or goes: then all of it is told. */
export function mergedMeter(had: WidgetMeter, told: WidgetMeter): WidgetMeter {
  const groups = new Map(told.groups.map(({ name, values }) => [name, values]));
  return {
    ...had,
    ...told,
    gauges: newest(had.gauges, told.gauges),
    groups: had.groups.map(({ name, values }) => ({ name, values: newest(values, groups.get(name) ?? []) })),
  };
}

/**
 * A page of meters as it stands after something was told, and whether the browser lacks a row of it: one that has come
 * onto the page without having changed.
 */
export function mergedFleet(
  had: WidgetFleet | undefined,
  told: WidgetFleet,
): { readonly fleet: WidgetFleet; readonly isLacking: boolean } {
  const known = new Map([...(had?.rows ?? []), ...told.rows].map((row) => [row.name, row]));
  const rows = told.names.flatMap((name) => known.get(name) ?? []);
  return { fleet: { ...told, rows }, isLacking: rows.length < told.names.length };
}
