import type { AlarmOverviewRow } from '../../../src/overview/rows';
import type { Sentence } from '../../../src/support/sentence';
import { post } from '../../shared/editor/post';
import { alarmWords } from '../../shared/alarm-words';
import { findTold, tell } from '../../shared/editor/told';
import { button, element, NodeLink, showBadge, write } from './elements';
import type { RowView } from './keyed-list';
import { text, timeText } from './words';

const FORBIDDEN: readonly number[] = [401, 403];

const SEVERITY_WORDS: Readonly<Record<AlarmOverviewRow['severity'], () => string>> = {
  info: () => text('severity.info'),
  warning: () => text('severity.warning'),
  critical: () => text('severity.critical'),
};

/** Acknowledges alarms, which their node then tells everybody; says it where it cannot be done. */
export function acknowledge(alarms: readonly AlarmOverviewRow[], onEnd: () => void): void {
  const body = { alarms: alarms.map(({ judge, meter, id }) => ({ node: judge, meter, id })) };
  post('pm500/alarms/acknowledge', body)
    .fail(({ status, responseJSON }) => {
      const { error } = (responseJSON ?? {}) as { readonly error?: Sentence };
      const words = FORBIDDEN.includes(status)
        ? text('alarm.forbidden')
        : error === undefined
          ? text('noAnswer')
          : tell(error);
      // A text would be read as markup, and the sentence may quote a name that came with a message.
      RED.notify($('<p>').text(words), 'error');
    })
    .always(onEnd);
}

function acknowledgmentText({ acknowledgedAt, acknowledgedBy }: AlarmOverviewRow): string {
  if (acknowledgedAt === 0) return text('alarm.done');
  const time = timeText(acknowledgedAt);
  return acknowledgedBy === '' ? text('alarm.at', { time }) : text('alarm.by', { name: acknowledgedBy, time });
}

/** One active alarm, and the button that acknowledges it. */
export class AlarmView implements RowView<AlarmOverviewRow> {
  readonly element = element('li', 'pm500-alarm');
  private readonly severity = element('span');
  private readonly message = element('span', 'pm500-message');
  private readonly link = new NodeLink();
  private readonly facts = element('span', 'pm500-facts');
  private readonly seen = element('span', 'pm500-facts');
  private readonly button: HTMLButtonElement;
  private row: AlarmOverviewRow | undefined;
  private isBusy = false;

  constructor() {
    this.button = button('pm500-acknowledge', text('alarm.acknowledge'), () => {
      if (this.row === undefined || this.isBusy) return;
      this.setBusy(true);
      acknowledge([this.row], () => {
        this.setBusy(false);
      });
    });
    const head = element('div', 'pm500-row');
    head.append(this.severity, this.message);
    const body = element('div', 'pm500-row');
    body.append(this.link.element, this.facts);
    const foot = element('div', 'pm500-row');
    foot.append(this.seen, this.button);
    this.element.append(head, body, foot);
  }

  show(row: AlarmOverviewRow): void {
    const { id, severity, node, meter, value, since, acknowledged, latched, judged } = row;
    const message = alarmWords(id, row.message, findTold);
    this.row = row;
    showBadge(this.severity, severity, SEVERITY_WORDS[severity]());
    write(this.message, message);
    this.link.show(node, meter);
    const facts = [
      value,
      text('alarm.since', { time: timeText(since) }),
      latched ? text('alarm.latched') : '',
      judged ? '' : text('alarm.unjudged'),
    ];
    write(this.facts, facts.filter((fact) => fact !== '').join(', '));
    write(this.seen, acknowledged ? acknowledgmentText(row) : '');
    const hadFocus = document.activeElement === this.button;
    this.button.hidden = acknowledged;
    this.button.setAttribute('aria-label', text('alarm.acknowledgeOne', { message, meter }));
    // Who pressed it by the keyboard goes on from here.
    if (acknowledged && hadFocus) this.link.element.focus();
  }

  /** A button that is disabled would lose the focus. */
  private setBusy(isBusy: boolean): void {
    this.isBusy = isBusy;
    this.button.setAttribute('aria-disabled', String(isBusy));
  }
}
