import type { FleetQuestion, WatchRequest } from '../../../src/dashboard/shown';
import type { BoardUpdate } from '../board-update';
import { vue, type DashboardSocket, type Ref } from './vue';

/** How often a page asks that somebody can see: people read no faster. */
const BEAT_MS = 1000;
/** An answer that has not come after this is not waited for any longer. A slow way takes less, or is cut by Dashboard. */
const PATIENCE_MS = 30_000;
/** Where others look already, a place is asked for so often. */
const TRY_AGAIN_MS = 10_000;
/** After so long without an answer it is said. */
const SILENCE_MS = 5000;
const MEMORY = 'pm500-dashboard-meter';
const CHOSEN = 'pm500-meter-chosen';
const ALL: FleetQuestion = { page: 0, find: '', isTroubled: false };

/** What a widget knows, renewed as it comes. */
export interface Watched<Update> {
  readonly update: Ref<Update | undefined>;
  /** Every meter there is to choose. */
  readonly names: Ref<readonly string[]>;
  /** The clock of Node-RED, as far as this browser knows it; epoch milliseconds UTC. */
  readonly nowMs: Ref<number>;
  /** Since when nothing has come from Node-RED, by its clock; 0 while it answers. */
  readonly silentSince: Ref<number>;
  /** Shows another meter, in every widget of this page. */
  readonly choose: (meter: string) => void;
  /** Which meters the table shows, and shows others. */
  readonly fleet: Ref<FleetQuestion>;
  readonly ask: (fleet: FleetQuestion) => void;
}

/** How what is told is put together with what the browser has, and whether something is lacking of the table. */
export type Merge<Update> = (had: Update | undefined, told: Update) => { update: Update; isLacking: boolean };

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

/**
 * Asks Node-RED for the chosen meter as long as the widget is on a page that can be seen; for `setup` of a component. It
 * asks again once the answer has come, so that a slow connection is asked less and nothing piles up on it.
 */
export function watchMeter<Update extends BoardUpdate>(id: string, merge: Merge<Update>): Watched<Update> {
  const { shallowRef, inject, onMounted, onUnmounted } = vue();
  const socket = inject('$socket') as DashboardSocket;
  // Visibility and class, which messages can set, are handled by Dashboard.
  (inject('$dataTracker') as ((id: string) => void) | undefined)?.(id);
  const update = shallowRef<Update | undefined>(undefined);
  const names = shallowRef<readonly string[]>([]);
  const nowMs = shallowRef(Date.now());
  const silentSince = shallowRef(0);
  const fleet = shallowRef(ALL);
  let meter = remembered();
  let fleetVersion = 0;
  let aheadMs = 0;
  let isMounted = false;
  /** By the clock of this browser: when it last asked, whether there is an answer, and when one came last. */
  let askedAt = 0;
  let isWaiting = false;
  let toldAt = Date.now();
  const send = (): void => {
    if (!isMounted || !socket.connected || document.hidden) return;
    const { version = 0, chosen = '' } = update.value ?? {};
    [askedAt, isWaiting] = [Date.now(), true];
    const request: WatchRequest = {
      meter,
      askedAt,
      version,
      has: chosen,
      fleet: { ...fleet.value, version: fleetVersion },
    };
    socket.emit('widget-change', id, request);
  };
  const look = (): void => {
    const now = Date.now();
    nowMs.value = now + aheadMs;
    const isSilent = !socket.connected || Math.abs(now - toldAt) > SILENCE_MS;
    silentSince.value = isSilent ? toldAt + aheadMs : 0;
  };
  const beat = (): void => {
    look();
    const restMs = update.value?.mostBrowsers === undefined ? 0 : TRY_AGAIN_MS;
    const [fromMs, mostMs] = isWaiting ? [askedAt, PATIENCE_MS] : [toldAt, restMs];
    // A clock that was set back would else have it wait until that time comes again.
    if (Math.abs(Date.now() - fromMs) >= mostMs) send();
  };
  const listen = (told: Update): void => {
    // Something else was asked since: that answer counts.
    if (told.askedAt !== askedAt) return;
    const had = update.value;
    isWaiting = false;
    toldAt = Date.now();
    // Counted from the question, and not from the answer, which may have lain somewhere while this page was asleep: so no
    // value looks younger than it is.
    aheadMs = told.now - told.askedAt;
    if (told.mostBrowsers !== undefined) {
      update.value = { ...(had ?? told), mostBrowsers: told.mostBrowsers };
      look();
      return;
    }
    if (told.names !== undefined) names.value = told.names;
    const merged = merge(had, told);
    update.value = merged.update;
    fleetVersion = merged.isLacking ? 0 : told.version;
    look();
  };
  const anew = (): void => {
    look();
    send();
  };
  const cut = (): void => {
    isWaiting = false;
    look();
  };
  const follow = (event: Event): void => {
    meter = (event as CustomEvent<string>).detail;
    send();
  };
  const listeners = [
    [`pm500:${id}`, listen],
    ['connect', anew],
    ['disconnect', cut],
    // Something was deployed: this widget, too, perhaps.
    ['ui-config', anew],
  ] as const;
  let timer = 0;
  onMounted(() => {
    isMounted = true;
    for (const [event, listener] of listeners) socket.on(event, listener);
    window.addEventListener(CHOSEN, follow);
    document.addEventListener('visibilitychange', anew);
    timer = window.setInterval(beat, BEAT_MS);
    send();
  });
  onUnmounted(() => {
    isMounted = false;
    for (const [event, listener] of listeners) socket.off(event, listener);
    window.removeEventListener(CHOSEN, follow);
    document.removeEventListener('visibilitychange', anew);
    window.clearInterval(timer);
  });
  const choose = (chosen: string): void => {
    remember(chosen);
    window.dispatchEvent(new CustomEvent(CHOSEN, { detail: chosen }));
  };
  const ask = (question: FleetQuestion): void => {
    fleet.value = question;
    fleetVersion = 0;
    send();
  };
  return { update, names, nowMs, silentSince, choose, fleet, ask };
}
