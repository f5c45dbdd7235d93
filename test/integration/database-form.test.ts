import assert from 'node:assert/strict';
import { findFaintWords } from '../../testkit/contrast';
import { Editor } from '../../testkit/node-red/editor';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { reply, replyJson, ScriptedInflux } from '../../testkit/servers/scripted-influx';

/** As in node-red-5.test.ts. */
const ENOUGH_CONTRAST = 3;
const FORM = '#influx-target-connection';

describe('the form of an InfluxDB before it is deployed', function () {
  this.timeout(180_000);
  let red: NodeRed;
  let editor: Editor;
  let server: ScriptedInflux;

  before(async () => {
    server = new ScriptedInflux();
    await server.start();
    red = await startNodeRed();
    editor = await Editor.open(red.url);
    await editor.edit(await editor.drag('influx-out', 300, 200));
    await editor.editConfiguration('target');
  });

  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
    await (server as ScriptedInflux | undefined)?.stop();
  });

  const fill = (name: string, value: string): Promise<void> =>
    editor.page.locator(`#node-config-input-${name}`).fill(value);
  const test = async (outcome: RegExp): Promise<void> => {
    await editor.page.locator(`${FORM} .pm500-test`).click();
    await editor.page.locator(`${FORM} .pm500-outcome`).filter({ hasText: outcome }).waitFor();
  };

  it('has its essentials open and the rest folded', async () => {
    const isVisible = (name: string): Promise<boolean> => editor.page.locator(`#node-config-input-${name}`).isVisible();
    for (const name of ['name', 'api', 'url', 'org', 'bucket', 'token'])
      assert.equal(await isVisible(name), true, name);
    for (const name of ['proxy', 'batchLines', 'outbox']) assert.equal(await isVisible(name), false, name);
    await editor.page.locator('#influx-target-section-batches summary').focus();
    await editor.page.keyboard.press('Enter');
    assert.equal(await isVisible('batchLines'), true);
  });

  it('says what is wrong, then who answers, and what would be written', async () => {
    await fill('url', server.url);
    await fill('org', 'plant');
    await fill('bucket', 'energy');
    await fill('token', 'typed-token');
    server.probe = replyJson(401, 'unauthorized access');
    await test(/INFLUX_REFUSED .*check the token/);
    let authorization: string | undefined;
    server.probe = (response, received, socket) => {
      ({ authorization } = received.headers);
      reply(204, '', { 'x-influxdb-version': '2.7.1' })(response, received, socket);
    };
    await test(/OK InfluxDB 2\.7\.1 answers and takes points\./);
    assert.equal(authorization, 'Token typed-token');
    const preview = await editor.page.locator(`${FORM} .pm500-preview`).innerText();
    assert.match(preview, /^POST http:.*bucket=energy.*\npowermonitor_500,/);
    const { problems } = await editor.inspectDialog();
    assert.deepEqual([...problems, ...(await findFaintWords(editor.page, ENOUGH_CONTRAST))], []);
    await editor.photograph('influx-test');
    assert.equal(server.stored.size, 0);
  });

  it('left no complaint in the console of the browser', () => {
    assert.deepEqual(editor.complaints, []);
  });
});
