import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { NodeType } from '../../nodes/shared/forms';
import { DIALOGS, flowOfEveryType, idOf } from '../../testkit/node-red/dialogs';
import { Editor } from '../../testkit/node-red/editor';
import { DASHBOARD, startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { freePort } from '../../testkit/servers/ports';
import { waitFor } from '../../testkit/wait';

/** What is filled in so that the test of a form begins; a long time-out, so that it does not end by itself. */
const FILLED: Readonly<Partial<Record<NodeType, (port: number) => Readonly<Record<string, string>>>>> = {
  'pm500-meter': (port) => ({ name: 'press', host: '127.0.0.1', port: String(port), replyTimeoutMs: '60000' }),
  'sparkplug-edge': (port) => ({ groupId: 'plant', edgeNodeId: 'power', host: '127.0.0.1', port: String(port) }),
  'influx-target': (port) => ({ url: `http://127.0.0.1:${port}`, org: 'plant', bucket: 'energy', token: 'token' }),
  'iot-target': (port) => ({ host: '127.0.0.1', port: String(port), clientId: 'power' }),
};

/** What stays open is seen at the other side. */
describe('the test of a connection that is given up', function () {
  this.timeout(180_000);
  let red: NodeRed;
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
    red = await startNodeRed({ otherPackages: [DASHBOARD] });
    await red.admin.deploy(flowOfEveryType());
    editor = await Editor.open(red.url);
  });

  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
    peer.close();
  });

  for (const { type, onCanvas, property = '' } of DIALOGS) {
    const fill = FILLED[type];
    if (fill === undefined) continue;
    const begin = async (to: number): Promise<void> => {
      await editor.edit(idOf(onCanvas));
      await editor.editConfiguration(property);
      await editor.unfold();
      for (const [name, value] of Object.entries(fill(to)))
        await editor.page.locator(`#node-config-input-${name}`).fill(value);
      await editor.page.locator(`#${type}-connection .pm500-test`).click();
    };

    it(`ends with the dialog of ${type}`, async () => {
      await begin(port);
      await waitFor('a connection', () => open.size > 0);
      await editor.cancel();
      await waitFor('the end of every connection', () => open.size === 0);
    });

    it(`says that nobody is there in that of ${type}, and can be pressed again`, async () => {
      await begin(await freePort());
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
