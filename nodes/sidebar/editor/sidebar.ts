import type { AlarmOverviewRow, MeterRow, QueueRow, TaskRow } from '../../../src/overview/rows';
import { acknowledge, AlarmView } from './alarm-view';
import { OverviewChannel } from './channel';
import { DoctorPart } from './doctor-view';
import { button, element, write } from './elements';
import { MeterView, standingText } from './meter-view';
import { QueueView, TaskView } from './other-views';
import { SidebarPart } from './part';
import { OverviewStore } from './store';
import { text } from './words';

/** Which meters can be seen is told at most this often, milliseconds. */
const SHOWN_EVERY_MS = 300;
const TICK_MS = 1000;
const FORBIDDEN: readonly number[] = [401, 403];
/** Meters whose values are asked for: as many as fit on a screen. */
const MOST_SHOWN = 100;

/** The sidebar: everything that nodes of this package read, judge and deliver. It asks only while it can be seen. */
export class Sidebar {
  readonly element = element('div', 'pm500-sidebar');
  private readonly store = new OverviewStore();
  private readonly channel = new OverviewChannel({
    onSnapshot: (snapshot) => {
      this.store.begin(snapshot);
      this.hasRows = true;
      this.showAll();
    },
    onUpdate: (update) => {
      if (this.store.take(update)) this.showAll();
      for (const row of update.rows.values ?? []) this.meters.list.view(row.key)?.showValues(row);
      this.tick();
    },
    onProblem: (status) => {
      this.hasRows = false;
      this.say(FORBIDDEN.includes(status) ? text('forbidden') : text('noAnswer'));
    },
    shown: () => [...this.visible].slice(0, MOST_SHOWN),
  });
  private readonly note = element('div', 'pm500-note');
  private readonly announcer = element('div', 'pm500-announcer');
  private readonly empty = element('div', 'pm500-empty');
  private readonly parts = element('div', 'pm500-parts');
  private readonly filter = element('input', 'pm500-filter');
  private readonly allButton: HTMLButtonElement;
  private readonly tasks = new SidebarPart<TaskRow>(
    'tasks',
    text('part.tasks'),
    text('none.tasks'),
    () => new TaskView(),
  );
  private readonly alarms = new SidebarPart<AlarmOverviewRow>(
    'alarms',
    text('part.alarms'),
    text('none.alarms'),
    () => new AlarmView(),
  );
  private readonly queues = new SidebarPart<QueueRow>(
    'queues',
    text('part.queues'),
    text('none.queues'),
    () => new QueueView(),
  );
  private readonly meters = new SidebarPart<MeterRow, MeterView>(
    'meters',
    text('part.meters'),
    text('none.meters'),
    () => this.makeMeter(),
    (gone) => {
      this.rowWatch.unobserve(gone);
      this.visible.delete(gone.dataset['key'] ?? '');
    },
  );
  private readonly doctor = new DoctorPart();
  /** Keys of the meters that can be seen. */
  private readonly visible = new Set<string>();
  private readonly rowWatch = new IntersectionObserver((entries) => {
    this.noteVisible(entries);
  });
  private shownTimer: number | undefined;
  private tickTimer: number | undefined;
  private isVisible = false;
  private hasRows = false;

  constructor() {
    this.filter.type = 'search';
    this.filter.placeholder = text('filter');
    this.filter.setAttribute('aria-label', text('filter'));
    this.filter.addEventListener('input', () => {
      this.showAll();
    });
    this.announcer.setAttribute('role', 'status');
    this.note.setAttribute('role', 'status');
    this.allButton = button('pm500-acknowledge-all', '', () => {
      // A button that is disabled would lose the focus.
      if (this.allButton.ariaDisabled === 'true') return;
      this.allButton.ariaDisabled = 'true';
      acknowledge(this.unseen(), () => {
        this.allButton.ariaDisabled = 'false';
      });
    });
    this.alarms.tools.append(this.allButton);
    const header = element('div', 'red-ui-sidebar-header pm500-header');
    header.append(this.filter);
    this.fillEmpty();
    const parts = [this.tasks, this.alarms, this.queues, this.meters, this.doctor];
    this.parts.append(...parts.map((part) => part.element));
    const body = element('div', 'pm500-body');
    body.append(this.note, this.empty, this.parts);
    this.element.append(header, body, this.announcer);
    this.say(text('asking'));
  }

  /** Follows from now on whether it can be seen: another tab, a folded sidebar and a hidden window ask nothing. */
  follow(): void {
    new IntersectionObserver((entries) => {
      this.isVisible = entries.at(-1)?.isIntersecting === true;
      this.turn();
    }).observe(this.element);
    document.addEventListener('visibilitychange', () => {
      this.turn();
    });
  }

  private turn(): void {
    if (!this.isVisible || document.hidden) {
      this.channel.stop();
      window.clearInterval(this.tickTimer);
      this.tickTimer = undefined;
      return;
    }
    this.channel.start();
    this.tickTimer ??= window.setInterval(() => {
      this.tick();
    }, TICK_MS);
  }

  private fillEmpty(): void {
    const open = button('pm500-examples', text('empty.button'), () => {
      RED.actions.invoke('core:show-examples-import-dialog');
    });
    this.empty.append(
      element('div', 'pm500-heading', text('empty.what')),
      element('p', '', text('empty.example')),
      element('p', '', text('empty.own')),
      open,
    );
    this.empty.hidden = true;
  }

  /** One sentence in place of everything. */
  private say(sentence: string): void {
    write(this.note, sentence);
    this.note.hidden = sentence === '';
    this.parts.hidden = sentence !== '';
    if (sentence !== '') this.empty.hidden = true;
  }

  private makeMeter(): MeterView {
    const view = new MeterView();
    this.rowWatch.observe(view.element);
    return view;
  }

  private noteVisible(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const key = (target as HTMLElement).dataset['key'] ?? '';
      if (isIntersecting) this.visible.add(key);
      else this.visible.delete(key);
    }
    this.shownTimer ??= window.setTimeout(() => {
      this.shownTimer = undefined;
      this.channel.tellShown();
    }, SHOWN_EVERY_MS);
  }

  private matches(words: readonly string[]): boolean {
    const wanted = this.filter.value.trim().toLowerCase();
    return wanted === '' || words.some((each) => each.toLowerCase().includes(wanted));
  }

  private shownAlarms(): readonly AlarmOverviewRow[] {
    return this.store.alarms.filter(({ meter, message, severity }) => this.matches([meter, message, severity]));
  }

  /** Alarms that are shown and that nobody has acknowledged. */
  private unseen(): readonly AlarmOverviewRow[] {
    return this.shownAlarms().filter(({ acknowledged }) => !acknowledged);
  }

  private showAll(): void {
    if (!this.hasRows) return;
    this.say('');
    const { tasks, queues, meters, left } = this.store;
    const alarms = this.shownAlarms();
    const shown = meters.filter(({ name, where, standing }) => this.matches([name, where, standingText(standing)]));
    const read = meters.filter(({ standing }) => standing === 'read').length;
    this.tasks.show(tasks, String(tasks.length), left.tasks);
    this.alarms.show(alarms, String(alarms.length), left.alarms);
    this.queues.show(queues, String(queues.length), left.queues);
    this.meters.show(
      shown,
      shown.length < meters.length
        ? text('count.filtered', { shown: shown.length, count: meters.length })
        : text('count.meters', { read, count: meters.length }),
      left.meters,
    );
    this.tasks.element.classList.toggle('pm500-calls', tasks.length > 0);
    const unseen = this.unseen().length;
    this.alarms.element.classList.toggle('pm500-calls', unseen > 0);
    const hadFocus = document.activeElement === this.allButton;
    this.allButton.hidden = unseen < 2;
    if (hadFocus && this.allButton.hidden) this.alarms.focus();
    write(this.allButton, text('alarm.all', { count: unseen }));
    const isEmpty = meters.length === 0;
    this.empty.hidden = !isEmpty;
    this.meters.element.hidden = isEmpty;
    write(this.announcer, text('announce', { tasks: tasks.length, alarms: unseen }));
    this.tick();
  }

  private tick(): void {
    const { now } = this.store;
    this.meters.list.tick(now);
    this.queues.list.tick(now);
  }
}
