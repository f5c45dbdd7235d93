import type { WidgetFleetRow, WidgetMeter } from '../../src/dashboard/shown';
import type { BoardUpdate } from '../shared/board-update';

/** What a browser is told for this widget. */
export interface MeterUpdate extends BoardUpdate {
  readonly meter?: WidgetMeter;
  /** Every meter, where the widget shows many. */
  readonly fleet?: readonly WidgetFleetRow[];
}
