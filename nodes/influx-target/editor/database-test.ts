import type { DatabaseTest } from '../../../src/influx/database-test';
import { post } from '../../shared/editor/post';
import { wordsOf } from '../../shared/editor/text';
import { badge, reasonOf, say } from '../../shared/editor/meter-words';

const text = wordsOf('influx-target');

function showTest(box: JQuery, { isWelcome, code, sentence, notes, preview }: DatabaseTest): void {
  const mark = isWelcome ? badge('good', text('connection.fits')) : badge('bad', code ?? '');
  const heading = $('<div class="pm500-outcome">').append(mark, document.createTextNode(` ${sentence}`));
  box.empty().append(heading);
  for (const note of notes) $('<div class="pm500-say">').text(note).appendTo(box);
  $('<div class="pm500-say">').text(text('connection.preview')).appendTo(box);
  $('<pre class="pm500-preview">').text(preview.join('\n')).appendTo(box);
}

/** Puts a button into `box` that tries the database as the form says, and writes nothing. */
export function offerDatabaseTest(box: JQuery, readForm: () => object): void {
  const button = $('<button type="button" class="red-ui-button pm500-test">').text(text('connection.button'));
  const outcome = $('<div class="pm500-found" role="status" aria-live="polite">');
  button.on('click', () => {
    button.prop('disabled', true);
    say(outcome, text('connection.asking'));
    const request = post('pm500/influx-test', readForm());
    outcome.one('remove', () => {
      request.abort();
    });
    request
      .done((test: DatabaseTest) => {
        showTest(outcome, test);
      })
      .fail((xhr) => {
        say(outcome, reasonOf(xhr));
      })
      .always(() => button.prop('disabled', false));
  });
  box.append($('<div class="pm500-entry-line">').append(button), outcome);
}
