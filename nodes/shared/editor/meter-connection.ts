import type { LiveAnswer } from '../../../src/acquisition/meter-test/live-meters';
import { LOOK_EVERY_MS, MS_PER_S } from '../../../src/acquisition/meter-test/look-times';
import type { MeterTest } from '../../../src/acquisition/meter-test/test-meter';
import { MESSAGING_KINDS } from '../../../src/acquisition/transport-kinds';
import type { ShownValue } from '../../../src/domain/shown/shown-values';
import { onPress } from './keyboard';
import { addCells, badge, meterText as text, reasonOf, say, tableOf } from './meter-words';
import { post } from './post';
import { groupText, metricText, provenanceText, reasonText, tell, valueText } from './told';

/** Transports over connections of the meter. */
const WITH_CONNECTIONS = MESSAGING_KINDS.filter((kind) => kind !== 'ucmm');

/** What the form holds now, and the id of its node. */
export type ReadForm = () => Readonly<Record<string, unknown>>;

const QUALITIES: Readonly<Record<ShownValue['quality'], () => string>> = {
  good: () => text('live.good'),
  uncertain: () => text('live.uncertain'),
  bad: () => text('live.bad'),
};

function showTest(box: JQuery, { where, cause, identity, roundTripMs, notes }: MeterTest): void {
  box.empty();
  const heading = $('<div class="pm500-outcome">').appendTo(box);
  heading.append(
    cause === undefined ? badge('good', text('connection.fits')) : badge('bad', cause.code),
    document.createTextNode(` ${cause === undefined ? text('connection.answers', { where }) : tell(cause.sentence)}`),
  );
  if (cause !== undefined) $('<div class="pm500-remedy">').text(tell(cause.remedy)).appendTo(box);
  if (identity !== undefined) {
    const { product, catalogNumber, serialNumber, firmware } = identity;
    const parts = [
      catalogNumber === '' ? product : catalogNumber,
      ...(serialNumber === undefined ? [] : [text('connection.serial', { serial: serialNumber })]),
      text('connection.firmware', { firmware }),
      ...(roundTripMs === undefined ? [] : [text('connection.roundTrip', { milliseconds: roundTripMs.toFixed(1) })]),
    ];
    $('<div>')
      .text(parts.filter((part) => part !== '').join(', '))
      .appendTo(box);
  }
  const details = cause?.detail === undefined ? notes : [cause.detail, ...notes];
  for (const sentence of details) $('<div class="pm500-say">').text(tell(sentence)).appendTo(box);
}

/** The table of values: its rows stay, what changes in them is written over. */
class LiveTable {
  private readonly rows = new Map<string, { readonly cells: JQuery; readonly age: JQuery; readAt: number }>();
  private readonly body: JQuery;
  private readonly note = $('<div class="pm500-say" role="status">');
  private group = '';

  constructor(box: JQuery) {
    const { frame, table, body } = tableOf(text('live.button'), [
      text('live.quantity'),
      text('live.value'),
      text('live.quality'),
      text('live.provenance'),
      text('live.age'),
    ]);
    table.addClass('pm500-live');
    this.body = body;
    box.empty().append(this.note, frame, $('<div class="pm500-say">').text(text('live.compare')));
  }

  show({ values, problems, users, now }: LiveAnswer): void {
    const whose = users.length === 0 ? text('live.own') : text('live.shared', { names: users.join(', ') });
    const sentence = [...problems.map(tell), whose].join(' ');
    // Said again only where it says something else.
    if (this.note.text() !== sentence) this.note.text(sentence);
    for (const value of values) this.showValue(value, now);
  }

  private showValue(shown: ShownValue, now: number): void {
    const { metric, value, unit, quality, reason, provenance, timestamp } = shown;
    const row = this.rows.get(metric) ?? this.addRow(shown);
    if (quality !== 'bad' || row.readAt === 0) row.readAt = timestamp;
    const [number, judged, known] = row.cells.toArray().slice(1);
    $(number ?? []).text(value === '' ? '–' : valueText(value, unit));
    $(judged ?? [])
      .empty()
      .append(badge(quality, QUALITIES[quality]()), document.createTextNode(` ${reasonText(reason)}`));
    $(known ?? [])
      .empty()
      .append(badge(provenance, provenanceText(provenance)));
    row.age.text(text('live.seconds', { seconds: Math.max(0, (now - row.readAt) / MS_PER_S).toFixed(1) }));
  }

  private addRow({ group, label, metric }: ShownValue): { cells: JQuery; age: JQuery; readAt: number } {
    if (group !== this.group) {
      this.group = group;
      const heading = $('<tr class="pm500-group">').appendTo(this.body);
      $('<th scope="rowgroup" colspan="5">').text(groupText(group)).appendTo(heading);
    }
    const row = addCells($('<tr>').appendTo(this.body), [metricText(metric, label), '', '', '', '']);
    row.attr('title', metric);
    const cells = row.children();
    const added = { cells, age: cells.last(), readAt: 0 };
    this.rows.set(metric, added);
    return added;
  }
}

/** Live values of the meter of a form, until they are stopped or the form is closed. */
class LiveView {
  private id: string | undefined;
  private timer: number | undefined;
  private request: JQuery.jqXHR | undefined;
  private table: LiveTable | undefined;
  private runs = false;

  constructor(
    private readonly box: JQuery,
    private readonly readForm: ReadForm,
    private readonly onChange: (runs: boolean) => void,
  ) {}

  get isRunning(): boolean {
    return this.runs;
  }

  start(): void {
    this.runs = true;
    this.onChange(true);
    say(this.box, text('live.asking'));
    this.look();
  }

  stop(): void {
    if (!this.runs) return;
    this.runs = false;
    this.onChange(false);
    window.clearTimeout(this.timer);
    this.request?.abort();
    if (this.id !== undefined) void $.ajax({ url: `pm500/live/${encodeURIComponent(this.id)}`, method: 'DELETE' });
    this.id = undefined;
    this.table = undefined;
  }

  private look(): void {
    const { id } = this;
    this.request = post('pm500/live', { form: this.readForm(), ...(id === undefined ? {} : { id }) });
    this.request
      .done((answer: LiveAnswer) => {
        if (!this.runs) return;
        // Another name: the form shows another meter now, or another way to it.
        if (this.id !== answer.id) this.table = undefined;
        this.id = answer.id;
        this.table ??= new LiveTable(this.box);
        this.table.show(answer);
      })
      .fail((xhr) => {
        if (!this.runs) return;
        this.table = undefined;
        say(this.box, reasonOf(xhr));
      })
      .always(() => {
        if (this.runs)
          this.timer = window.setTimeout(() => {
            this.look();
          }, LOOK_EVERY_MS);
      });
  }
}

/**
 * Puts two buttons into `box`: one tries the meter as the form says and names the cause where it cannot be read, the other
 * shows its values live. Both work before the meter is deployed.
 * @param transport the field that says whether there are connections to try
 */
export function offerConnection(box: JQuery, transport: JQuery, readForm: ReadForm): void {
  const test = $('<button type="button" class="red-ui-button pm500-test">').text(text('connection.button'));
  const show = $('<button type="button" class="red-ui-button pm500-live-button" aria-pressed="false">');
  const connections = $('<input type="checkbox" class="pm500-with-connections">');
  const withConnections = $('<label class="pm500-connections">').append(
    connections,
    document.createTextNode(` ${text('connection.connections')}`),
  );
  const outcome = $('<div class="pm500-found" role="status" aria-live="polite">');
  const values = $('<div class="pm500-found pm500-live-values">');
  const live = new LiveView(values, readForm, (runs) => {
    show.text(runs ? text('live.stop') : text('live.button')).attr('aria-pressed', String(runs));
    if (!runs) values.empty();
  });
  show.text(text('live.button'));
  show.on('click', () => {
    if (live.isRunning) live.stop();
    else live.start();
  });
  onPress(test, (done) => {
    say(outcome, text('connection.asking'));
    const request = post('pm500/meter-test', { form: readForm(), connections: connections.prop('checked') === true });
    outcome.one('remove', () => {
      request.abort();
    });
    request
      .done((outcomeOf: MeterTest) => {
        showTest(outcome, outcomeOf);
      })
      .fail((xhr) => {
        say(outcome, reasonOf(xhr));
      })
      .always(done);
  });
  const showConnections = (): void => {
    withConnections.toggle(WITH_CONNECTIONS.some((kind) => kind === transport.val()));
  };
  transport.on('change', showConnections);
  showConnections();
  // The form is closed.
  values.on('remove', () => {
    live.stop();
  });
  box.append($('<div class="pm500-entry-line">').append(test, show, withConnections), outcome, values);
}
