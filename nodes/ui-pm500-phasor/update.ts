import type { WidgetPhasors } from '../../src/dashboard/views';
import type { BoardUpdate } from '../shared/board-update';

/** What a browser is told for this widget. */
export interface PhasorUpdate extends BoardUpdate {
  readonly phasors?: WidgetPhasors;
}
