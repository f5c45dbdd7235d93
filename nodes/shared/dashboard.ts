import { join } from 'node:path';
import type { Node } from 'node-red';
import { Pm500Error } from '../../src/support/errors';

/**
 * What `@flowfuse/node-red-dashboard` 2 has for nodes of other packages. This package runs without it: it is looked at
 * only by way of the group that a widget belongs to.
 */

/** A connection of Dashboard to one browser. */
export interface DashboardConnection {
  readonly id: string;
  readonly connected: boolean;
  emit(event: string, data: unknown): void;
}

/** Where a browser finds the component of a widget. */
interface Contribution {
  readonly package: string;
  readonly name: string;
  readonly src: string;
  readonly path: string;
  readonly component: string;
}

/** What Dashboard calls for a widget. */
export interface DashboardEvents {
  /** Without this Dashboard hands a message on to the wires of the node, and keeps it. */
  readonly onInput: () => void;
  /** A browser says something. Before version 1.22 Dashboard did not tell which one. */
  readonly onChange: (message: unknown, value: unknown, connection: DashboardConnection | undefined) => void;
  /** A browser sends a message of its own making. Without this Dashboard hands it to `beforeSend` like one of the flow. */
  readonly onSend: () => void;
}

interface WidgetEvents extends Omit<DashboardEvents, 'onInput'> {
  /** A message of the flow. */
  readonly takeMessage: (message: Readonly<Record<string, unknown>>) => void;
}

interface DashboardBase {
  readonly uiShared?: { readonly contribs?: Record<string, Contribution> } | null;
}

/** A `ui-group` node. */
export interface DashboardGroup {
  register(node: Node, props: object, events: DashboardEvents): void;
  getBase(): DashboardBase;
}

export function isDashboardGroup(candidate: unknown): candidate is DashboardGroup {
  if (typeof candidate !== 'object' || candidate === null) return false;
  const { register, getBase } = candidate as Readonly<Record<string, unknown>>;
  return typeof register === 'function' && typeof getBase === 'function';
}

const PACKAGE = '@pm500/node-red-powermonitor';
/** What each widget calls its component. */
export const COMPONENT = 'Pm500Widget';
const NEWER = 'install version 1.22 or newer.';
const FOLDER = join(__dirname, '../../..');

/** Name of the script of a widget in `resources/`. */
export const scriptOf = (type: string): string => `${type}.umd.js`;

/** Properties of a message that Dashboard itself understands; the rest is not for every browser. */
const OF_DASHBOARD = ['enabled', 'visible', 'class', 'ui_update'];

/** What of a message Dashboard is told; undefined for nothing. */
function forDashboard(message: Readonly<Record<string, unknown>>): object | undefined {
  const named = OF_DASHBOARD.flatMap((name) => (name in message ? [[name, message[name]]] : []));
  return named.length === 0 ? undefined : (Object.fromEntries(named) as object);
}

type InputListener = (message: object, send: unknown, done: (error?: Error) => void) => void;

/**
 * The node as Dashboard is given it. Dashboard sends an event to every browser for each message that a widget gets,
 * also an empty one, whatever page the browser shows; so it hears of those alone that say something to it.
 */
function nodeForDashboard(node: Node, takeMessage: WidgetEvents['takeMessage']): Node {
  let tellDashboard: InputListener | undefined;
  const on = (event: string, listener: (...given: never[]) => void): Node => {
    if (event === 'input') tellDashboard = listener as InputListener;
    else (node as unknown as { on: (event: string, listener: unknown) => void }).on(event, listener);
    return node;
  };
  node.on('input', (message, send, done) => {
    takeMessage(message);
    const told = forDashboard(message);
    if (told === undefined || tellDashboard === undefined) done();
    else tellDashboard(told, send, done);
  });
  return Object.create(node, { on: { value: on } }) as Node;
}

/** What is wrong where Dashboard does not say which browser asks: nobody can be answered. */
export function tooOld({ type }: Node): Pm500Error {
  return new Pm500Error(
    'CONFIG_INVALID',
    `${type}: this version of @flowfuse/node-red-dashboard does not say which browser looks, so no browser is shown anything; ${NEWER}`,
  );
}

function baseOf(group: DashboardGroup, node: Node): DashboardBase {
  try {
    return group.getBase();
  } catch (thrown) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `${node.type}: the group of the widget belongs to no page of a dashboard; choose a page in the settings of the group.`,
      { cause: thrown },
    );
  }
}

/**
 * Puts a widget into its group. Dashboard looks for widgets only in packages that have its name in theirs, and reads
 * them once; so it is told here, which also holds when it was installed after this package.
 * @param props what the component gets
 * @throws Pm500Error CONFIG_INVALID where the group has no page, or Dashboard is another one than expected
 */
export function joinDashboard(group: DashboardGroup, node: Node, props: object, events: WidgetEvents): void {
  const { type } = node;
  const contribs = baseOf(group, node).uiShared?.contribs;
  if (contribs === undefined) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `${type}: this version of @flowfuse/node-red-dashboard takes no widgets of other packages; ${NEWER}`,
    );
  }
  contribs[type] = { package: PACKAGE, name: type, src: scriptOf(type), path: FOLDER, component: COMPONENT };
  const { takeMessage, onChange, onSend } = events;
  group.register(nodeForDashboard(node, takeMessage), props, { onInput: () => undefined, onChange, onSend });
}
