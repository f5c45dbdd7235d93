import type { Node } from 'node-red';
import { Board } from '../../src/dashboard/board';
import type { WatchRequest } from '../../src/dashboard/shown';
import { Watchers, type Watch } from '../../src/dashboard/watchers';
import { PM500 } from '../../src/meters/pm500';
import { systemClock } from '../../src/support/clock';
import { toPm500Error, type Pm500Error } from '../../src/support/errors';
import { isRecord } from '../../src/support/expect';
import type { BoardUpdate } from './board-update';
import { onClose } from './close';
import { forDashboard, joinDashboard, tooOld, type DashboardConnection, type DashboardGroup } from './dashboard';
import { repeat } from './repeat';
import { SettingsErrors } from './settings-errors';
import type { StatusLine } from './status';

/** How often browsers are told what has changed: people read no faster. */
const TELL_EVERY_MS = 1000;
const LONGEST_NAME = 200;

export interface BoardWidget<Update extends BoardUpdate> {
  readonly group: DashboardGroup;
  /** What Dashboard wants to know of the node. */
  readonly props: object;
  /** The only meter that is shown; empty where people choose. */
  readonly meter: string;
  readonly staleSeconds: number;
  readonly view: (board: Board, chosen: string, nowMs: number) => Omit<Update, keyof BoardUpdate>;
}

/** Group of each metric that the meter gives. */
export const METRIC_GROUPS: ReadonlyMap<string, string> = new Map(
  PM500.layout.assemblies.flatMap(({ group, measurements }) =>
    measurements.map(({ metric }) => [metric, group] as const),
  ),
);

function readRequest(value: unknown): WatchRequest | undefined {
  if (!isRecord(value) || typeof value['meter'] !== 'string') return undefined;
  return { meter: value['meter'].slice(0, LONGEST_NAME) };
}

/** The wanted meter where it is known, else the first one. */
function chosenOf(board: Board, wanted: string): string {
  if (board.get(wanted) !== undefined) return wanted;
  return board.all()[0]?.reference.name ?? '';
}

/**
 * Serves a widget that shows meters: takes telemetry and alarms, and tells each browser once a second about the meter
 * that it looks at, and nothing of the others. A message that cannot be understood is told of once a minute.
 */
export function serveBoard<Update extends BoardUpdate>(
  node: Node,
  status: StatusLine,
  widget: BoardWidget<Update>,
): void {
  const { group, props, meter, staleSeconds, view } = widget;
  const board = new Board(staleSeconds * 1000);
  const watchers = new Watchers<Update>();
  const errors = new SettingsErrors(systemClock);
  let hasChanged = false;
  let isTooOld = false;
  const tell = ({ meter: wanted, send, wantsNames }: Watch<Update>, nowMs: number): void => {
    const chosen = meter === '' ? chosenOf(board, wanted) : meter;
    const names = meter === '' ? board.all().map(({ reference }) => reference.name) : [];
    const common: BoardUpdate = { now: nowMs, chosen, ...(wantsNames(names) ? { names } : {}) };
    send({ ...common, ...view(board, chosen, nowMs) } as Update);
  };
  const tellAll = (): void => {
    const nowMs = systemClock.now();
    for (const watch of watchers.all(nowMs)) tell(watch, nowMs);
  };
  const complain = (error: Pm500Error): void => {
    errors.add(error, ({ message }) => {
      node.error(message);
    });
  };
  const take = (payload: unknown): void => {
    try {
      if (board.take(payload, systemClock.now()) === undefined) return;
      hasChanged = true;
      if (!isTooOld) status.show('ok', 'meters', { count: board.size });
    } catch (thrown) {
      complain(toPm500Error(thrown));
    }
  };
  const watch = (value: unknown, connection: DashboardConnection | undefined): void => {
    const request = readRequest(value);
    if (request === undefined) return;
    if (connection === undefined) {
      isTooOld = true;
      status.show('failed', 'invalid');
      complain(tooOld(node));
      return;
    }
    const viewer = {
      id: connection.id,
      isOpen: () => connection.connected,
      send: (update: Update) => {
        connection.emit(`pm500:${node.id}`, update);
      },
    };
    const nowMs = systemClock.now();
    if (!watchers.watch(viewer, request.meter, nowMs)) return;
    const own = watchers.all(nowMs).find(({ id }) => id === connection.id);
    if (own !== undefined) tell(own, nowMs);
  };
  joinDashboard(group, node, props, {
    beforeSend: (message) => {
      take(message['payload']);
      return forDashboard(message);
    },
    onInput: () => undefined,
    onChange: (_message, value, connection) => {
      watch(value, connection);
    },
    // What everybody sees comes from the flow alone.
    onSend: () => undefined,
  });
  status.show('waiting', 'noTelemetry');
  const stop = repeat(TELL_EVERY_MS, () => {
    if (!hasChanged) return;
    hasChanged = false;
    tellAll();
  });
  onClose(node, () => {
    stop();
    watchers.clear();
    errors.close();
  });
}
