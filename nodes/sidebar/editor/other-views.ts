import type { QueueRow, TaskKind, TaskRow } from '../../../src/overview/rows';
import { tell } from '../../shared/editor/told';
import { element, NodeLink, write } from './elements';
import type { RowView } from './keyed-list';
import { ageText, text } from './words';

const STATES: Readonly<Record<QueueRow['state'], () => string>> = {
  idle: () => text('queue.state.idle'),
  sending: () => text('queue.state.sending'),
  retrying: () => text('queue.state.retrying'),
  held: () => text('queue.state.held'),
  closed: () => text('queue.state.closed'),
};

const CAUSES: Readonly<Record<keyof QueueRow['lost'], (count: number) => string>> = {
  age: (count) => text('cause.age', { count }),
  size: (count) => text('cause.size', { count }),
  absent: (count) => text('cause.absent', { count }),
  damage: (count) => text('cause.damage', { count }),
  overwritten: (count) => text('cause.overwritten', { count }),
  notStored: (count) => text('cause.notStored', { count }),
  unfit: (count) => text('cause.unfit', { count }),
  tooLarge: (count) => text('cause.tooLarge', { count }),
  notKept: (count) => text('cause.notKept', { count }),
};

/** One sink: what waits, since when, and what was lost. */
export class QueueView implements RowView<QueueRow> {
  readonly element = element('li', 'pm500-queue');
  private readonly dot = element('span', 'pm500-dot');
  private readonly link = new NodeLink('pm500-name');
  private readonly state = element('span', 'pm500-standing');
  private readonly waiting = element('div', 'pm500-facts');
  private readonly lost = element('div', 'pm500-loss');
  private readonly refused = element('div', 'pm500-loss');
  private row: QueueRow | undefined;

  constructor() {
    this.dot.setAttribute('aria-hidden', 'true');
    const head = element('div', 'pm500-row');
    head.append(this.dot, this.link.element, this.state);
    this.element.append(head, this.waiting, this.lost, this.refused);
  }

  show(row: QueueRow): void {
    const { node, name, type, state, lost, refused, setAside } = row;
    this.row = row;
    this.link.show(node, name);
    this.link.element.title = `${type}. ${this.link.element.title}`;
    // A meter that is idle was never asked; a sink that is, is ready.
    this.dot.className = `pm500-dot pm500-dot-${state === 'idle' ? 'ready' : state}`;
    write(this.state, STATES[state]());
    const parts = (Object.keys(lost) as (keyof QueueRow['lost'])[]).map((cause) => CAUSES[cause](lost[cause] ?? 0));
    write(this.lost, parts.length === 0 ? '' : text('queue.lost', { parts: parts.join(', ') }));
    write(this.refused, refused === 0 ? '' : text('queue.refused', { count: refused, kept: setAside }));
  }

  tick(nowMs: number): void {
    const { waiting = 0, oldestAt = 0, durable = true } = this.row ?? {};
    const words =
      waiting === 0
        ? text('queue.empty')
        : text('queue.waiting', { count: waiting.toLocaleString(), age: ageText(nowMs - oldestAt) });
    write(this.waiting, durable ? words : `${words}, ${text('queue.memory')}`);
  }
}

type TaskWords = Readonly<
  Record<
    TaskKind,
    readonly [what: (about: { readonly names: string; readonly count: number }) => string, remedy: () => string]
  >
>;
const TASKS: TaskWords = {
  settings: [(about) => text('task.settings', about), () => text('remedy.settings')],
  list: [(about) => text('task.list', about), () => text('remedy.list')],
  unstored: [(about) => text('task.unstored', about), () => text('remedy.unstored')],
  held: [(about) => text('task.held', about), () => text('remedy.held')],
  fullSoon: [(about) => text('task.fullSoon', about), () => text('remedy.fullSoon')],
  lost: [(about) => text('task.lost', about), () => text('remedy.lost')],
  contradicted: [(about) => text('task.contradicted', about), () => text('remedy.contradicted')],
  away: [(about) => text('task.away', about), () => text('remedy.away')],
  waiting: [(about) => text('task.waiting', about), () => text('remedy.waiting')],
  questions: [(about) => text('task.questions', about), () => text('remedy.questions')],
  refused: [(about) => text('task.refused', about), () => text('remedy.refused')],
  silent: [(about) => text('task.silent', about), () => text('remedy.silent')],
  unjudged: [(about) => text('task.unjudged', about), () => text('remedy.unjudged')],
  leftOut: [(about) => text('task.leftOut', about), () => text('remedy.leftOut')],
  unconfirmed: [(about) => text('task.unconfirmed', about), () => text('remedy.unconfirmed')],
};

/** What needs a person: what it is, why, and what to do; pressing it shows the node. */
export class TaskView implements RowView<TaskRow> {
  readonly element = element('li', 'pm500-task');
  private readonly link = new NodeLink('pm500-name');
  private readonly sentence = element('div', 'pm500-facts');
  private readonly remedy = element('div', 'pm500-remedy');

  constructor() {
    this.element.append(this.link.element, this.sentence, this.remedy);
  }

  show({ node, kind, names, count, sentence }: TaskRow): void {
    const [what, remedy] = TASKS[kind];
    this.element.className = `pm500-task pm500-task-${kind}`;
    this.link.show(node, what({ names, count }), names);
    write(this.sentence, sentence === undefined ? '' : tell(sentence));
    write(this.remedy, remedy());
  }
}
