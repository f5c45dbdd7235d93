import type { Board, BoardMeter } from './board';
import { standingAt, type FleetQuestion, type WidgetFleet, type WidgetFleetRow } from './shown';
import { fleetRow, standingOf } from './views';

/** Rows of a page: what a person takes in, and a slow connection carries, each second. */
export const PAGE_ROWS = 50;
/** Rows are worked out anew after this, ms: what was not told of again has grown old. */
const ROW_MS = 1000;

interface KeptRow {
  readonly row: WidgetFleetRow;
  readonly version: number;
  readonly atMs: number;
}

/** Something that a person should look at. */
function isTroubled(row: WidgetFleetRow, nowMs: number): boolean {
  return standingAt(row, nowMs) !== 'read' || row.bad > 0 || (row.alarms ?? 0) > 0;
}

/** The table of all meters of a board, page by page. A row is worked out once for all browsers. */
export class FleetPages {
  private rows = new WeakMap<BoardMeter, KeptRow>();

  /** @param board whose meters these are */
  constructor(private readonly board: Board) {}

  /** @param since version of the rows that the browser has: only those that were told of later; 0 for all of the page */
  page({ page, find, isTroubled: only }: FleetQuestion, since: number, nowMs: number): WidgetFleet {
    const all = this.board.all();
    const wanted = find.trim().toLocaleLowerCase();
    const found = all.filter((meter) => {
      const { name, place } = standingOf(meter);
      if (wanted !== '' && !`${name}\n${place}`.toLocaleLowerCase().includes(wanted)) return false;
      return !only || isTroubled(this.rowOf(meter, nowMs), nowMs);
    });
    const pages = Math.max(1, Math.ceil(found.length / PAGE_ROWS));
    const shown = Math.min(page, pages - 1);
    const meters = found.slice(shown * PAGE_ROWS, (shown + 1) * PAGE_ROWS);
    return {
      count: all.length,
      read: all.filter((meter) => standingAt(standingOf(meter), nowMs) === 'read').length,
      found: found.length,
      page: shown,
      pages,
      names: meters.map(({ reference }) => reference.name),
      rows: meters.filter(({ version }) => version > since).map((meter) => this.rowOf(meter, nowMs)),
    };
  }

  private rowOf(meter: BoardMeter, nowMs: number): WidgetFleetRow {
    const kept = this.rows.get(meter);
    if (kept?.version === meter.version && Math.abs(nowMs - kept.atMs) < ROW_MS) return kept.row;
    const row = fleetRow(meter, nowMs);
    this.rows.set(meter, { row, version: meter.version, atMs: nowMs });
    return row;
  }
}
