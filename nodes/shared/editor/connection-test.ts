import type { ConnectionTest } from '../../../src/support/connection-test';
import { badge, reasonOf, say } from './meter-words';
import type { OpenForm } from './form';
import { onPress } from './keyboard';
import { post } from './post';
import type { Words } from './text';
import { tell } from './told';

type ConnectionWords = Words<`connection.${'button' | 'asking' | 'fits' | 'waits' | 'preview'}`>;

function showTest(box: JQuery, text: ConnectionWords, test: ConnectionTest): void {
  const { isWelcome, isWaiting = false, code, sentence, notes, preview } = test;
  const mark = isWelcome
    ? badge(isWaiting ? 'uncertain' : 'good', text(isWaiting ? 'connection.waits' : 'connection.fits'))
    : badge('bad', code ?? '');
  const heading = $('<div class="pm500-outcome">').append(mark, document.createTextNode(` ${tell(sentence)}`));
  box.empty().append(heading);
  for (const note of notes) $('<div class="pm500-say">').text(tell(note)).appendTo(box);
  if (preview.length === 0) return;
  $('<div class="pm500-say">').text(text('connection.preview')).appendTo(box);
  $('<pre class="pm500-preview" tabindex="0">').text(preview.join('\n')).appendTo(box);
}

/**
 * Puts a button into the place `connection` of a form that tries the server as the form says, deployed or not.
 * @param id of the node
 * @param page that is asked
 */
export function offerConnectionTest(id: string, form: OpenForm, page: string, text: ConnectionWords): void {
  const button = $('<button type="button" class="red-ui-button pm500-test">').text(text('connection.button'));
  const outcome = $('<div class="pm500-found" role="status" aria-live="polite">');
  onPress(button, (done) => {
    say(outcome, text('connection.asking'));
    const request = post(page, { form: { ...form.values(), id }, secrets: form.secrets() });
    outcome.one('remove', () => {
      request.abort();
    });
    request
      .done((test: ConnectionTest) => {
        showTest(outcome, text, test);
      })
      .fail((xhr) => {
        say(outcome, reasonOf(xhr));
      })
      .always(done);
  });
  form.place('connection').append($('<div class="pm500-entry-line">').append(button), outcome);
}
