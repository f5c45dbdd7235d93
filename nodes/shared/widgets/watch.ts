import type { WatchRequest } from '../../../src/dashboard/shown';
import type { BoardUpdate } from '../board-update';
import { vue, type DashboardSocket, type Ref } from './vue';

/** A browser says so often what it looks at: Node-RED forgets it otherwise, and may have started anew. */
const ASK_EVERY_MS = 10_000;
const TICK_MS = 1000;
const MEMORY = 'pm500-dashboard-meter';
const CHOSEN = 'pm500-meter-chosen';

/** What a widget knows, renewed as it comes. */
export interface Watched<Update> {
  readonly update: Ref<Update | undefined>;
  /** Every meter there is to choose. */
  readonly names: Ref<readonly string[]>;
  /** The clock of Node-RED, as far as this browser knows it; epoch milliseconds UTC. */
  readonly nowMs: Ref<number>;
  readonly isConnected: Ref<boolean>;
  /** Shows another meter, in every widget of this page. */
  readonly choose: (meter: string) => void;
}

function remembered(): string {
  try {
    return window.localStorage.getItem(MEMORY) ?? '';
  } catch {
    // A browser that keeps nothing shows the first meter.
    return '';
  }
}

function remember(meter: string): void {
  try {
    window.localStorage.setItem(MEMORY, meter);
  } catch {
    // The choice holds as long as the page.
  }
}

/** Has Node-RED tell of the chosen meter as long as the widget is on the page; for `setup` of a component. */
export function watchMeter<Update extends BoardUpdate>(id: string): Watched<Update> {
  const { shallowRef, inject, onMounted, onUnmounted } = vue();
  const socket = inject('$socket') as DashboardSocket;
  // Visibility and class, which messages can set, are handled by Dashboard.
  (inject('$dataTracker') as ((id: string) => void) | undefined)?.(id);
  const update = shallowRef<Update | undefined>(undefined);
  const names = shallowRef<readonly string[]>([]);
  const nowMs = shallowRef(Date.now());
  const isConnected = shallowRef(true);
  let meter = remembered();
  let aheadMs = 0;
  const ask = (): void => {
    const request: WatchRequest = { meter };
    if (socket.connected) socket.emit('widget-change', id, request);
  };
  const listen = (told: Update): void => {
    aheadMs = told.now - Date.now();
    nowMs.value = told.now;
    if (told.names !== undefined) names.value = told.names;
    update.value = told;
  };
  const connected = (): void => {
    isConnected.value = true;
    ask();
  };
  const cut = (): void => {
    isConnected.value = false;
  };
  const follow = (event: Event): void => {
    meter = (event as CustomEvent<string>).detail;
    ask();
  };
  const timers: number[] = [];
  const listeners = [
    [`pm500:${id}`, listen],
    ['connect', connected],
    ['disconnect', cut],
    // Something was deployed: this widget, too, perhaps.
    ['ui-config', ask],
  ] as const;
  onMounted(() => {
    for (const [event, listener] of listeners) socket.on(event, listener);
    window.addEventListener(CHOSEN, follow);
    timers.push(window.setInterval(ask, ASK_EVERY_MS));
    timers.push(
      window.setInterval(() => {
        nowMs.value = Date.now() + aheadMs;
      }, TICK_MS),
    );
    ask();
  });
  onUnmounted(() => {
    for (const [event, listener] of listeners) socket.off(event, listener);
    window.removeEventListener(CHOSEN, follow);
    for (const timer of timers) window.clearInterval(timer);
  });
  const choose = (chosen: string): void => {
    remember(chosen);
    window.dispatchEvent(new CustomEvent(CHOSEN, { detail: chosen }));
  };
  return { update, names, nowMs, isConnected, choose };
}
