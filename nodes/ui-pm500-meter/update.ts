import type { WidgetFleet, WidgetMeter } from '../../src/dashboard/shown';
import type { BoardUpdate } from '../shared/board-update';

/** What a browser is told for this widget. */
export interface MeterUpdate extends BoardUpdate {
  /** Where `since` is not 0, only what has changed. */
  readonly meter?: WidgetMeter;
  /** A page of all meters, where the widget shows many; rows of it that the browser has not. */
  readonly fleet?: WidgetFleet;
}
