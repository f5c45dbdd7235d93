import { settingsIn, type FormFacts } from '../field';

const ACTIONS = ['edit', 'add'] as const;
const TITLES: Readonly<Record<(typeof ACTIONS)[number], string>> = {
  edit: 'editor.editConfig',
  add: 'editor.addNewConfig',
};
/** Fields that Node-RED puts out of sight so that a browser fills them in place of others. */
const OUT_OF_SIGHT = '#red-ui-trap-user, #red-ui-trap-username, #red-ui-trap-password';

/** What opened the dialogs that lie above others; the last one has the focus back first. */
const openers: JQuery[] = [];
let isFollowing = false;

/** Makes what is pressed with a mouse a button by keyboard and for a screen reader, too. */
export function asButton(element: JQuery, name: string): JQuery {
  element.attr({ role: 'button', tabindex: '0', 'aria-label': name });
  return element.on('keydown', (event) => {
    if ((event.key !== 'Enter' && event.key !== ' ') || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    element.trigger('click');
  });
}

/**
 * Has a button do one thing after the other: while it acts, pressing it does nothing. Disabled, it would lose the focus.
 * @param act calls `done` at its end
 */
export function onPress(button: JQuery, act: (done: () => void) => void): void {
  let isBusy = false;
  const setBusy = (busy: boolean): void => {
    isBusy = busy;
    button.attr('aria-disabled', String(busy));
  };
  button.on('click', () => {
    if (isBusy) return;
    setBusy(true);
    act(() => {
      setBusy(false);
    });
  });
}

/** Gives the focus back to what opened a dialog once that has closed: Node-RED tells it whenever another one is on top. */
function followDialogs(): void {
  if (isFollowing) return;
  isFollowing = true;
  RED.events.on('editor:change', () => {
    const [opener] = openers.at(-1)?.toArray() ?? [];
    // A dialog that lies below is not in the page.
    if (opener?.isConnected !== true) return;
    openers.pop();
    window.setTimeout(() => {
      const isOff = opener.getAttribute('aria-disabled') === 'true';
      const target = isOff ? $(opener).siblings('select').get(0) : opener;
      target?.focus({ preventScroll: true });
    });
  });
  RED.events.on('editor:close', () => {
    openers.length = 0;
  });
}

/** Node-RED's buttons beside a reference are links to nowhere, which Tab passes over. */
function openReference(button: JQuery, name: string): void {
  const [link] = button.toArray();
  if (link === undefined) return;
  asButton(button, name);
  button.on('click', () => {
    if (!button.hasClass('disabled')) openers.push(button);
  });
  const follow = (): void => {
    const isOff = button.hasClass('disabled');
    button.attr({ 'aria-disabled': String(isOff), tabindex: isOff ? '-1' : '0' });
  };
  new MutationObserver(follow).observe(link, { attributes: true, attributeFilter: ['class'] });
  follow();
}

/** Gives an open form what it lacks without a mouse: buttons that Tab reaches, and no stops that nobody sees. */
export function openToKeys({ fields, category }: FormFacts): void {
  followDialogs();
  const prefix = category === 'config' ? 'node-config-input' : 'node-input';
  for (const [name, { setting }] of settingsIn(fields)) {
    if (setting.kind !== 'node') continue;
    for (const action of ACTIONS)
      openReference($(`#${prefix}-btn-${name}-${action}`), RED._(TITLES[action], { type: setting.type }));
  }
  $(OUT_OF_SIGHT).attr({ tabindex: '-1', 'aria-hidden': 'true' });
}
