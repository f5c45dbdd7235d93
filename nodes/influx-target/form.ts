import { offerConnectionTest } from '../shared/editor/connection-test';
import { FACTS } from '../shared/editor/facts';
import { registerForm, type OpenForm } from '../shared/editor/form';
import { wordsOf } from '../shared/editor/text';

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // It is no percent encoding: the password itself holds the sign.
    return text;
  }
}

/** A password that was saved as a part of the address moves to the credentials, which exports do not have. */
function movePassword(form: OpenForm): void {
  const proxy = form.input('proxy');
  const parts = /^(http:\/\/[^/?#:@]+):([^/?#@]*)(@[^/?#@]+\/?)$/.exec(String(proxy.val()));
  if (parts === null) return;
  const [, before = '', password = '', behind = ''] = parts;
  form.input('proxyPassword').val(decode(password));
  proxy.val(before + behind);
}

registerForm(FACTS, {
  label: ({ url, api, bucket, database, path }) => {
    const place = api === 'v2' ? bucket : api === 'line-protocol' ? path : database;
    return [url, place].filter((part) => typeof part === 'string' && part !== '').join(' ');
  },
  prepare: ({ id }, form) => {
    movePassword(form);
    offerConnectionTest(id, form, 'pm500/influx-test', wordsOf('influx-target'));
    form.input('proxy').on('change', () => {
      movePassword(form);
    });
  },
});
