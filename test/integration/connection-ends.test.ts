import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { NodeType } from '../../nodes/shared/forms';
import { MOST_TESTS } from '../../nodes/shared/test-turns';
import { DIALOGS, idOf, type Dialog } from '../../testkit/node-red/dialogs';
import type { Editor } from '../../testkit/node-red/editor';
import { openEveryDialog, type EveryDialog } from '../../testkit/node-red/every-dialog';
import { withoutDeadlines } from '../../testkit/node-red/without-deadlines-options';
import { freePort } from '../../testkit/servers/ports';
import { waitFor } from '../../testkit/wait';
import { dialogsOfSuite } from './dialogs-of-suite';

/** What is filled in so that the test of a form begins; a long time-out, so that it does not end by itself. */
const FILLED: Readonly<Partial<Record<NodeType, (port: number) => Readonly<Record<string, string>>>>> = {
  'pm500-meter': (port) => ({ name: 'press', host: '127.0.0.1', port: String(port), replyTimeoutMs: '60000' }),
  'sparkplug-edge': (port) => ({ groupId: 'plant', edgeNodeId: 'power', host: '127.0.0.1', port: String(port) }),
  'influx-target': (port) => ({ url: `http://127.0.0.1:${port}`, org: 'plant', bucket: 'energy', token: 'token' }),
  'iot-target': (port) => ({ host: '127.0.0.1', port: String(port), clientId: 'power' }),
};

/** Fills in the form of a type, and presses its button. */
async function begin(editor: Editor, { type, onCanvas, property = '' }: Dialog, to: number): Promise<void> {
  await editor.edit(idOf(onCanvas));
  await editor.editConfiguration(property);
  await editor.unfold();
  for (const [name, value] of Object.entries(FILLED[type]?.(to) ?? {}))
    await editor.page.locator(`#node-config-input-${name}`).fill(value);
  await editor.page.locator(`#${type}-connection .pm500-test`).click();
}

/** More than are let in. */
const AT_ONCE = 10;

const TESTED = DIALOGS.filter(({ type }) => FILLED[type] !== undefined);

/** What stays open is seen at the other side. Nothing ends by itself here, so what ends was given up. */
describe('the test of a connection that is given up', function () {
  this.timeout(180_000);
  let dialogs: EveryDialog | undefined;
  let editor: Editor;
  let peer: Server;
  let port: number;
  const open = new Set<Socket>();

  before(async () => {
    // It takes every connection and never answers.
    peer = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
      socket.resume();
    });
    peer.listen(0, '127.0.0.1');
    await once(peer, 'listening');
    ({ port } = peer.address() as AddressInfo);
    dialogs = await openEveryDialog({ env: { NODE_OPTIONS: withoutDeadlines() } });
    ({ editor } = dialogs);
  });

  after(async () => {
    for (const socket of open) socket.destroy();
    await dialogs?.close();
    peer.close();
  });

  for (const dialog of TESTED) {
    it(`ends with the dialog of ${dialog.type}`, async () => {
      await begin(editor, dialog, port);
      await waitFor('a connection', () => open.size > 0);
      await editor.cancel();
      await waitFor('the end of every connection', () => open.size === 0);
    });
  }

  for (const dialog of TESTED) {
    const { type } = dialog;
    it(`is one of few: of ten at once for ${type} the others are refused, its button says so, and nothing stays open`, async () => {
      const { page } = editor;
      const asked = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('test'));
      await begin(editor, dialog, port);
      const request = await asked;
      await editor.cancel();
      await waitFor('the end of the first one', () => open.size === 0);
      const ending = new AbortController();
      const refusals: string[] = [];
      const others = Array.from({ length: AT_ONCE }, async () => {
        const headers = { 'content-type': 'application/json' };
        const { signal } = ending;
        try {
          const answer = await fetch(request.url(), { method: 'POST', headers, body: request.postData(), signal });
          refusals.push(await answer.text());
        } catch (thrown) {
          // Those that were let in never get an answer.
          assert.ok(signal.aborted, String(thrown));
        }
      });
      await waitFor('the refusals', () => refusals.length >= AT_ONCE - MOST_TESTS);
      await begin(editor, dialog, port);
      const place = page.locator(`#${type}-connection`);
      await place
        .filter({ hasText: `${MOST_TESTS} tests are running already; try again when they have ended.` })
        .waitFor();
      for (const refusal of refusals) assert.match(refusal, /tests are running already/);
      assert.equal(refusals.length, AT_ONCE - MOST_TESTS);
      ending.abort();
      await Promise.all(others);
      await waitFor('the end of every connection', () => open.size === 0);
      await place.locator('.pm500-test').click();
      await waitFor('a connection', () => open.size > 0);
      await editor.cancel();
      await waitFor('the end of this one, too', () => open.size === 0);
    });
  }

  it('left no complaint in the console of the browser, but that some were refused', () => {
    assert.deepEqual(
      editor.complaints.filter((complaint) => !complaint.includes('status of 400')),
      [],
    );
  });
});

describe('the test of a connection to where nobody is', function () {
  this.timeout(180_000);
  let editor: Editor;
  dialogsOfSuite((opened) => (editor = opened));

  for (const dialog of TESTED) {
    const { type } = dialog;
    it(`says so in the dialog of ${type}, and can be pressed again`, async () => {
      await begin(editor, dialog, await freePort());
      const button = editor.page.locator(`#${type}-connection .pm500-test`);
      await editor.page.locator(`#${type}-connection .pm500-badge-bad`).waitFor();
      assert.equal(await button.getAttribute('aria-disabled'), 'false');
      // Pressed, it keeps the focus.
      assert.ok(await button.evaluate((each) => each === each.ownerDocument.activeElement));
      await editor.cancel();
    });
  }

  it('left no complaint in the console of the browser', () => {
    assert.deepEqual(editor.complaints, []);
  });
});
