/** From the packed package, installed beside the flows that somebody has, to the values of the own meter. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { Simulator } from '../../src/simulator/simulator';
import { CountedClicks } from '../../testkit/node-red/counted-clicks';
import { Editor } from '../../testkit/node-red/editor';
import { installInto, packPackage } from '../../testkit/node-red/installed-node-red';
import { importExample, MOST_CLICKS, showValuesOf } from '../../testkit/node-red/new-user';
import { nodeRedProgram, startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { startOneMeter } from '../../testkit/simulator/one-meter';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';

const INSTALL_TIMEOUT_MS = 300_000;
const OTHERS = [{ id: 'others', type: 'tab', label: 'Others' }];

describe('from "npm install" in a Node-RED that is in use to the values of the own meter', function () {
  this.timeout(INSTALL_TIMEOUT_MS);
  const folder = temporaryFolder('own-meter');
  let simulator: Simulator;
  let red: NodeRed;
  let editor: Editor;

  before(async () => {
    simulator = await startOneMeter({ load: constantProfile(123_400) });
    const userDir = join(folder, 'used');
    mkdirSync(userDir);
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(OTHERS));
    installInto(userDir, [packPackage(folder)]);
    red = await startNodeRed({ userDir, installation: { node: process.execPath, program: nodeRedProgram() } });
    editor = await Editor.open(red.url);
  });

  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
    await (simulator as Simulator | undefined)?.close();
    removeFolder(folder);
  });

  it(`takes at most ${MOST_CLICKS} clicks, by the example that README names`, async () => {
    const clicks = await CountedClicks.on(editor);
    await importExample(editor, 'reference-flows', 'first-meter', 'First meter');
    const { port = 0 } = simulator.meters[0] ?? {};
    await showValuesOf(editor, clicks, 'first-meter-poll-realtime', { host: '127.0.0.1', port, shown: '123.4' });
    const count = await clicks.count();
    assert.ok(count > 3 && count <= MOST_CLICKS, `${count} clicks`);
    assert.deepEqual(red.errors(), []);
  });
});
