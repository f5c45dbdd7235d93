import type { DoctorSeverity } from '../../../src/doctor/check';
import type { DoctorReport, DoctorResult } from '../../../src/doctor/examine';
import type { Sentence } from '../../../src/support/sentence';
import { post } from '../../shared/editor/post';
import { findTold, tell } from '../../shared/editor/told';
import { button, element, showBadge, write } from './elements';
import type { RowView } from './keyed-list';
import { SidebarPart } from './part';
import { text, timeText } from './words';

const FORBIDDEN: readonly number[] = [401, 403];
/** Sentences that are shown of one finding; the command has all of them. */
const MOST_SENTENCES = 5;
/** The worst first. */
const RANK: Readonly<Record<DoctorSeverity, number>> = { critical: 0, warning: 1, notice: 2 };
/** Looks that alarms have, too. */
const LOOKS: Readonly<Record<DoctorSeverity, readonly [kind: string, words: () => string]>> = {
  critical: ['critical', () => text('severity.critical')],
  warning: ['warning', () => text('severity.warning')],
  notice: ['info', () => text('doctor.notice')],
};

type FindingRow = DoctorResult & { readonly key: string };

/** What one check found: how bad it is, what was seen, and what to do. */
class FindingView implements RowView<FindingRow> {
  readonly element = element('li', 'pm500-finding');
  private readonly severity = element('span');
  private readonly title = element('span', 'pm500-message');
  private readonly evidence = element('div', 'pm500-facts');
  private readonly remedy = element('div', 'pm500-remedy');

  constructor() {
    const head = element('div', 'pm500-row');
    head.append(this.severity, this.title);
    this.element.append(head, this.evidence, this.remedy);
  }

  show({ severity, id, title, told = [], remedy, docs }: FindingRow): void {
    const [kind, words] = LOOKS[severity];
    showBadge(this.severity, kind, words());
    write(this.title, text('doctor.finding', { id, title: findTold(`doctorCheck.${id}.title`) ?? title }));
    const more = told.length - MOST_SENTENCES;
    const sentences = [
      ...told.slice(0, MOST_SENTENCES).map(tell),
      more > 0 ? text('doctor.more', { count: more }) : '',
    ];
    write(this.evidence, sentences.join(' ').trim());
    write(this.remedy, `${findTold(`doctorCheck.${id}.remedy`) ?? remedy} (${docs})`);
  }
}

function summaryOf({ at, counts }: DoctorReport): string {
  return text('doctor.summary', {
    time: timeText(Date.parse(at)),
    found: counts.finding,
    ok: counts.ok,
    attested: counts.attested,
    dark: counts['could not look'],
  });
}

/** The readiness checklist: it is gone through when somebody asks for it. */
export class DoctorPart extends SidebarPart<FindingRow> {
  private readonly said = element('div', 'pm500-facts');
  private readonly run: HTMLButtonElement;
  private isBusy = false;

  constructor() {
    super('doctor', text('part.doctor'), '', () => new FindingView());
    this.element.open = false;
    this.said.setAttribute('role', 'status');
    this.run = button('pm500-examine', text('doctor.run'), () => {
      this.ask();
    });
    this.tools.append(this.run, this.said);
    write(this.said, text('doctor.what'));
  }

  private ask(): void {
    if (this.isBusy) return;
    this.setBusy(true);
    write(this.said, text('doctor.running'));
    post('pm500/doctor', {})
      .done((report: DoctorReport) => {
        this.tell(report);
      })
      .fail(({ status, responseJSON }) => {
        const { error } = (responseJSON ?? {}) as { readonly error?: Sentence };
        const why = error === undefined ? text('noAnswer') : tell(error);
        write(this.said, FORBIDDEN.includes(status) ? text('doctor.forbidden') : why);
      })
      .always(() => {
        this.setBusy(false);
      });
  }

  private tell(report: DoctorReport): void {
    const found = report.results
      .filter(({ outcome }) => outcome === 'finding')
      .map((result) => ({ ...result, key: result.id }))
      .sort((left, right) => RANK[left.severity] - RANK[right.severity]);
    this.show(found, String(found.length), 0);
    write(this.said, summaryOf(report));
  }

  /** A button that is disabled would lose the focus. */
  private setBusy(isBusy: boolean): void {
    this.isBusy = isBusy;
    this.run.setAttribute('aria-disabled', String(isBusy));
  }
}
