/**
 * The few functions of Vue 3 that the widgets use. Dashboard has its own Vue and lends it to widgets as `window.Vue`;
 * there must be only one on a page, so none is bundled. Widgets are written with render functions: the compiler of
 * templates is not needed.
 */

/** Something that Vue draws. */
export type Drawn = object | string | null;

export interface Ref<Value> {
  value: Value;
}

interface VueFunctions {
  readonly h: (tag: string, props: object | null, children?: Drawn | readonly Drawn[]) => object;
  readonly shallowRef: <Value>(value: Value) => Ref<Value>;
  readonly inject: (key: string) => unknown;
  readonly onMounted: (action: () => void) => void;
  readonly onUnmounted: (action: () => void) => void;
}

/** The connection of a page to Dashboard. */
export interface DashboardSocket {
  readonly connected: boolean;
  emit(event: string, id: string, value: unknown): void;
  on(event: string, listener: (data: never) => void): void;
  off(event: string, listener: (data: never) => void): void;
}

declare global {
  interface Window {
    readonly Vue: VueFunctions;
  }
}

/** What Dashboard gives to every component of a widget. */
export interface WidgetProps<Own> {
  readonly id: string;
  readonly props: Own;
}

export const vue = (): VueFunctions => window.Vue;

/** An element with a class. */
export function el(tag: string, className: string, ...children: readonly Drawn[]): object {
  return vue().h(tag, className === '' ? null : { class: className }, children);
}

/** The same with attributes. */
export function elWith(tag: string, attributes: object, ...children: readonly Drawn[]): object {
  return vue().h(tag, attributes, children);
}

interface WidgetComponent<Own> {
  readonly name: string;
  readonly props: object;
  readonly setup: (given: WidgetProps<Own>) => () => Drawn;
}

/** Puts a component where Dashboard looks for it, and its style into the page. */
export function registerWidget<Own>(
  type: string,
  style: string,
  setup: (given: WidgetProps<Own>) => () => Drawn,
): void {
  const component: WidgetComponent<Own> = {
    name: type,
    props: { id: { type: String, required: true }, props: { type: Object }, state: { type: Object } },
    setup,
  };
  const id = 'pm500-widget-style';
  if (document.getElementById(id) === null) {
    const sheet = document.createElement('style');
    sheet.id = id;
    sheet.textContent = style;
    document.head.append(sheet);
  }
  const place = window as unknown as Record<string, Record<string, unknown> | undefined>;
  place[type] = { ...place[type], Pm500Widget: component };
}
