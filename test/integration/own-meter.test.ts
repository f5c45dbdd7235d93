/** The way of a new user to the values of the own meter, by mouse and keyboard alone, each press of the mouse counted. */
import assert from 'node:assert/strict';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { RunningMeter, Simulator } from '../../src/simulator/simulator';
import { CountedClicks } from '../../testkit/node-red/counted-clicks';
import { Editor } from '../../testkit/node-red/editor';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { importExample, MOST_CLICKS, showValuesOf, type OwnMeter } from '../../testkit/node-red/new-user';
import { startOneMeter } from '../../testkit/simulator/one-meter';
import { Curtain, startStage } from '../../tools/demo/stage';

/** What no other meter here takes; as the form shows it. */
const OWN = { watts: 123_400, shown: '123.4' } as const;

describe('from nothing to the values of the own meter', function () {
  this.timeout(180_000);
  let simulator: Simulator;
  let own: RunningMeter;
  let editor: Editor | undefined;

  before(async () => {
    simulator = await startOneMeter({ load: constantProfile(OWN.watts) });
    [own] = simulator.meters as [RunningMeter];
  });

  afterEach(async () => {
    await editor?.close();
    editor = undefined;
  });

  after(async () => {
    await (simulator as Simulator | undefined)?.close();
  });

  const meter = (): OwnMeter => ({ host: '127.0.0.1', port: own.port, shown: OWN.shown });

  describe('in a Node-RED that has the package', () => {
    let red: NodeRed;

    before(async () => {
      red = await startNodeRed();
    });

    after(async () => {
      await (red as NodeRed | undefined)?.stop();
    });

    it(`takes at most ${MOST_CLICKS} clicks from the palette, deployed and green`, async () => {
      editor = await Editor.open(red.url);
      const clicks = await CountedClicks.on(editor);
      const poll = await editor.drag('pm500-poll', 300, 200);
      await showValuesOf(editor, clicks, poll, { name: 'my-meter', ...meter() });
      await editor.accept(true);
      await editor.accept();
      await editor.deploy();
      await red.channel.waitForStatus(poll, ({ fill }) => fill === 'green');
      const count = await clicks.count();
      assert.ok(count > 3 && count <= MOST_CLICKS, `${count} clicks`);
    });

    it(`takes at most ${MOST_CLICKS} clicks from the import of an example, before anything is deployed`, async () => {
      editor = await Editor.open(red.url);
      const clicks = await CountedClicks.on(editor);
      await importExample(editor, 'reference-flows', 'first-meter', 'First meter');
      await showValuesOf(editor, clicks, 'first-meter-poll-realtime', meter());
      const count = await clicks.count();
      assert.ok(count > 3 && count <= MOST_CLICKS, `${count} clicks`);
    });
  });

  it(`takes at most ${MOST_CLICKS} clicks from the editor of the demo, deployed and green`, async () => {
    const curtain = new Curtain();
    try {
      const stage = await startStage({ environment: {}, curtain, isPrivate: true, hasDashboard: false });
      editor = await Editor.open(stage.nodeRed.url);
      const clicks = await CountedClicks.on(editor);
      await showValuesOf(editor, clicks, 'first-meter-poll-realtime', meter());
      await editor.accept(true);
      await editor.accept();
      await editor.deploy();
      await stage.nodeRed.channel.waitForStatus('first-meter-power', ({ text = '' }) => text.includes(OWN.shown));
      const count = await clicks.count();
      assert.ok(count > 3 && count <= MOST_CLICKS, `${count} clicks`);
    } finally {
      await editor?.close();
      editor = undefined;
      await curtain.fall();
    }
  });
});
