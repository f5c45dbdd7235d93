import type {
  AssemblyVerdict,
  EnergyLayoutVerdict,
  LayoutVerdict,
  Told,
  Word,
} from '../../../src/domain/layout-check/verdict';
import { WATCH_SECONDS } from '../../../src/domain/layout-check/watch-time';
import { plain, type Sentence } from '../../../src/support/sentence';
import { onPress } from './keyboard';
import { addCells, meterText as text, reasonOf, say, tableOf } from './meter-words';
import { findTold, metricText, tell } from './told';

const WORDS: Readonly<Record<Word, () => string>> = {
  confirmed: () => text('layoutCheck.confirmed'),
  contradicted: () => text('layoutCheck.contradicted'),
  undecided: () => text('layoutCheck.undecided'),
};
const SUMMARIES: Readonly<Record<Word, (readings: number) => string>> = {
  confirmed: (readings) => text('layoutCheck.confirmedSays', { readings }),
  contradicted: (readings) => text('layoutCheck.contradictedSays', { readings }),
  undecided: (readings) => text('layoutCheck.undecidedSays', { readings }),
};

function badge(verdict: Word): JQuery {
  return $('<span class="pm500-badge">').addClass(`pm500-badge-${verdict}`).text(WORDS[verdict]());
}

/** A row of the table of what was judged; gives the cell that says why. */
function addLine(body: JQuery, what: string, verdict: Word, ...why: readonly Sentence[]): JQuery {
  const row = addCells($('<tr>').appendTo(body), [what]);
  $('<td>').append(badge(verdict)).appendTo(row);
  return $('<td>').text(why.map(tell).join(' ')).appendTo(row);
}

/** Every place that is not confirmed, with the numbers that say why. */
function showAssembly(body: JQuery, { assembly, title, verdict, elements }: Told<AssemblyVerdict>): void {
  const open = elements.filter((element) => element.verdict !== 'confirmed');
  const confirmed = text('layoutCheck.count', { confirmed: elements.length - open.length, count: elements.length });
  const name = findTold(`assembly.${assembly}`) ?? title;
  addLine(body, `${assembly} ${name}`, verdict, plain(confirmed)).parent().addClass('pm500-assembly');
  for (const element of open) {
    const { metric } = element;
    const why = addLine(body, metricText(metric, metric), element.verdict, ...element.evidence);
    // Layout files, messages and databases have it by this name.
    const name = $('<code class="pm500-metric-name">').text(metric);
    why.parent().children().first().append('<br>', name);
    const other = element.alternatives.map((each) => metricText(each, each)).join('; ');
    if (other !== '') $('<div>').text(text('layoutCheck.alternatives', { other })).appendTo(why);
  }
}

/** Which named layout of assembly 107 fits, why the others do not, and a button that chooses it. */
function showEnergyLayout(
  body: JQuery,
  { inUse, named, evidence, verdict, candidates }: Told<EnergyLayoutVerdict>,
  apply: (name: string) => void,
): void {
  const says = addLine(body, text('layoutCheck.energyLayout'), verdict, evidence);
  says.parent().addClass('pm500-assembly');
  if (named !== undefined && named !== inUse) {
    const words = text('layoutCheck.apply', { name: named });
    const button = $('<button type="button" class="red-ui-button pm500-apply-energy">').text(words);
    const done = $('<div role="status">');
    button.on('click', () => {
      apply(named);
      done.text(text('layoutCheck.applied'));
    });
    $('<div>').append(button, done).appendTo(says);
  }
  for (const candidate of candidates) {
    const why = addLine(body, candidate.name, candidate.verdict, candidate.evidence);
    const description = findTold(`candidate.${candidate.name}`) ?? candidate.description;
    why.parent().children().first().attr('title', description);
  }
}

/** @param said what is read out to a screen reader; the table of `details` would be too much */
function showVerdict(said: JQuery, details: JQuery, judged: Told<LayoutVerdict>, apply: (name: string) => void): void {
  const { verdict, readings, wiring, scales, assemblies, energyLayout, rating, limits } = judged;
  const heading = $('<div class="pm500-say">').append(badge(verdict));
  heading.append(document.createTextNode(` ${SUMMARIES[verdict](readings)}`));
  said.empty().append(heading);
  const { frame, body } = tableOf(text('layoutCheck.button'), [
    text('layoutCheck.place'),
    text('layoutCheck.verdict'),
    text('layoutCheck.why'),
  ]);
  addLine(body, text('layoutCheck.wiring'), wiring.verdict, wiring.evidence);
  for (const { assembly, member, suggestion, verdict: own, evidence } of scales) {
    const better = suggestion === undefined ? [] : [plain(text('layoutCheck.suggestion', { member, suggestion }))];
    addLine(body, text('layoutCheck.scale', { member, assembly }), own, evidence, ...better);
  }
  if (energyLayout !== undefined) showEnergyLayout(body, energyLayout, apply);
  for (const assembly of assemblies) showAssembly(body, assembly);
  details.append(frame);
  for (const limit of [...(rating === undefined ? [] : [rating.evidence]), ...limits])
    $('<div class="pm500-say">').text(tell(limit)).appendTo(details);
}

/**
 * Puts a button into `box` that watches the running meter with this id for a while and shows what that proves; `apply`
 * takes the name of the layout of the energy counters that a person chooses then.
 */
export function offerLayoutCheck(box: JQuery, id: string, apply: (name: string) => void): void {
  const seconds = $('<input type="text" class="pm500-short">').val(WATCH_SECONDS.usual);
  seconds.attr({ title: text('layoutCheck.seconds'), 'aria-label': text('layoutCheck.seconds') });
  const button = $('<button type="button" class="red-ui-button pm500-check-layout">').text(text('layoutCheck.button'));
  const said = $('<div role="status">');
  const details = $('<div>');
  onPress(button, (done) => {
    const time = String(seconds.val()).trim();
    details.empty();
    say(said, text('layoutCheck.watching', { seconds: time }));
    const request = $.getJSON(`pm500/meters/${encodeURIComponent(id)}/layout-check`, { seconds: time });
    // Closing the form ends the watch.
    details.one('remove', () => {
      request.abort();
    });
    request
      .done((judged: Told<LayoutVerdict>) => {
        showVerdict(said, details, judged, apply);
      })
      .fail((xhr) => {
        say(said, reasonOf(xhr));
      })
      .always(done);
  });
  const unit = $('<span class="pm500-unit">s</span>');
  box.append($('<div class="pm500-entry-line">').append(button, seconds, unit), said, details);
}
