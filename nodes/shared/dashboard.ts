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
export interface WidgetEvents {
  /** Before anything else is done with a message; every browser gets what it gives back. */
  readonly beforeSend: (message: Readonly<Record<string, unknown>>) => object;
  readonly onInput: () => void;
  /** A browser says something. Before version 1.22 Dashboard did not tell which one. */
  readonly onChange: (message: unknown, value: unknown, connection: DashboardConnection | undefined) => void;
  /** A browser sends a message of its own making. Without this Dashboard hands it to `beforeSend` like one of the flow. */
  readonly onSend: () => void;
}

interface DashboardBase {
  readonly uiShared?: { readonly contribs?: Record<string, Contribution> } | null;
}

/** A `ui-group` node. */
export interface DashboardGroup {
  register(node: Node, props: object, events: WidgetEvents): void;
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

/** What remains of a message after a widget has taken its payload. */
export function forDashboard(message: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(OF_DASHBOARD.flatMap((name) => (name in message ? [[name, message[name]]] : [])));
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
  group.register(node, props, events);
}
