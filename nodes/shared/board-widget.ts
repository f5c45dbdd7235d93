import type { Node } from 'node-red';
import type { Board, BoardMeter } from '../../src/dashboard/board';
import type { WatchRequest } from '../../src/dashboard/shown';
import { MOST_BROWSERS, Watchers } from '../../src/dashboard/watchers';
import { PM500 } from '../../src/meters/pm500';
import { systemClock } from '../../src/support/clock';
import { toPm500Error, type Pm500Error } from '../../src/support/errors';
import { isRecord } from '../../src/support/expect';
import type { BoardUpdate } from './board-update';
import { onClose } from './close';
import { joinDashboard, tooOld, type DashboardConnection, type DashboardGroup } from './dashboard';
import { SettingsErrors } from './settings-errors';
import type { StatusLine } from './status';

const LONGEST_NAME = 200;
/** Rows have pages; no board has so many. */
const MOST_PAGES = 10_000;

export interface BoardWidget<Update extends BoardUpdate> {
  readonly group: DashboardGroup;
  /** What Dashboard wants to know of the node. */
  readonly props: object;
  /** The only meter that is shown; empty where people choose. */
  readonly meter: string;
  readonly board: Board;
  /**
   * @param since version of what the browser has of the meter: only what was told later; 0 for all
   */
  readonly view: (
    meter: BoardMeter | undefined,
    request: WatchRequest,
    since: number,
    nowMs: number,
  ) => Omit<Update, keyof BoardUpdate>;
}

/** Group of each metric that the meter gives. */
export const METRIC_GROUPS: ReadonlyMap<string, string> = new Map(
  PM500.layout.assemblies.flatMap(({ group, measurements }) =>
    measurements.map(({ metric }) => [metric, group] as const),
  ),
);

/** A whole number from 0, which something of a browser may be or not. */
function wholeOf(value: unknown, most: number): number {
  return Number.isSafeInteger(value) ? Math.min(most, Math.max(0, value as number)) : 0;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, LONGEST_NAME) : '');

function readRequest(value: unknown): WatchRequest | undefined {
  if (!isRecord(value) || typeof value['meter'] !== 'string') return undefined;
  const asked = value['fleet'];
  const fleet = isRecord(asked) ? asked : {};
  const versionOf = ({ version }: Readonly<Record<string, unknown>>): number =>
    wholeOf(version, Number.MAX_SAFE_INTEGER);
  return {
    meter: textOf(value['meter']),
    askedAt: wholeOf(value['askedAt'], Number.MAX_SAFE_INTEGER),
    version: versionOf(value),
    has: textOf(value['has']),
    fleet: {
      page: wholeOf(fleet['page'], MOST_PAGES),
      find: textOf(fleet['find']),
      isTroubled: fleet['isTroubled'] === true,
      version: versionOf(fleet),
    },
  };
}

/** The wanted meter where it is known, else the first one. */
function chosenOf(board: Board, wanted: string): string {
  if (board.get(wanted) !== undefined) return wanted;
  return board.all()[0]?.reference.name ?? '';
}

/** A version that this board has told, or 0: what a browser has of an earlier board is nothing. */
function versionOn(board: Board, version: number): number {
  return version > board.version ? 0 : version;
}

/**
 * Serves a widget that shows meters: takes telemetry and alarms, and answers each browser that asks, with what has
 * changed of the meter that it looks at, and nothing of the others. Who does not ask is told nothing: a page that
 * nobody sees, one that is asleep, and one whose last answer is still on a slow way. A message that cannot be understood
 * is told of once a minute.
 */
export function serveBoard<Update extends BoardUpdate>(
  node: Node,
  status: StatusLine,
  widget: BoardWidget<Update>,
): void {
  const { group, props, meter, board, view } = widget;
  const watchers = new Watchers();
  const errors = new SettingsErrors(systemClock);
  let isTooOld = false;
  /** What is told to a browser. */
  const updateFor = (request: WatchRequest, nowMs: number): Update => {
    const chosen = meter === '' ? chosenOf(board, request.meter) : meter;
    const [version, rows] = [versionOn(board, request.version), versionOn(board, request.fleet.version)];
    const found = board.get(chosen);
    const isKnown = found !== undefined && request.has === chosen && version >= found.wholeSince;
    const since = isKnown ? version : 0;
    const knowsNames = meter !== '' || version >= board.namesVersion;
    const common: BoardUpdate = {
      now: nowMs,
      askedAt: request.askedAt,
      version: board.version,
      since,
      chosen,
      leftOut: board.leftOut(nowMs),
      ...(knowsNames ? {} : { names: board.all().map(({ reference }) => reference.name) }),
    };
    const asked = { ...request, fleet: { ...request.fleet, version: rows } };
    return { ...common, ...view(found, asked, since, nowMs) } as Update;
  };
  /** What the browser has stays, and grows old. */
  const nothingFor = ({ askedAt, version, has }: WatchRequest, nowMs: number): BoardUpdate => ({
    ...{ now: nowMs, askedAt, version, since: version, chosen: has, leftOut: board.leftOut(nowMs) },
  });
  const complain = (error: Pm500Error): void => {
    errors.add(error, ({ message }) => {
      node.error(message);
    });
  };
  const take = (payload: unknown): void => {
    try {
      if (board.take(payload, systemClock.now()) === undefined) return;
      if (!isTooOld) status.show('ok', 'meters', { count: board.size });
    } catch (thrown) {
      complain(toPm500Error(thrown));
    }
  };
  const answer = (value: unknown, connection: DashboardConnection | undefined): void => {
    const request = readRequest(value);
    if (request === undefined) return;
    if (connection === undefined) {
      isTooOld = true;
      status.show('failed', 'invalid');
      complain(tooOld(node));
      return;
    }
    const nowMs = systemClock.now();
    const admission = watchers.admit(connection.id, nowMs);
    const update = admission === 'served' ? updateFor(request, nowMs) : nothingFor(request, nowMs);
    connection.emit(`pm500:${node.id}`, admission === 'many' ? { ...update, mostBrowsers: MOST_BROWSERS } : update);
  };
  joinDashboard(group, node, props, {
    takeMessage: ({ payload }) => {
      take(payload);
    },
    onChange: (_message, value, connection) => {
      answer(value, connection);
    },
    // What everybody sees comes from the flow alone.
    onSend: () => undefined,
  });
  status.show('waiting', 'noTelemetry');
  onClose(node, () => {
    watchers.clear();
    errors.close();
  });
}
