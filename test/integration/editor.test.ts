import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULTS, WIDGET_TYPES, type NodeType } from '../../nodes/shared/forms';
import { MESSAGING_KINDS, TRANSPORT_KINDS, type TransportKind } from '../../src/acquisition/transport-kinds';
import { Editor } from '../../testkit/node-red/editor';
import { PACKAGE_NAME, startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { freePort } from '../../testkit/servers/ports';
import { ROOT } from '../../testkit/root';

const TYPES = Object.keys(DEFAULTS) as NodeType[];

/** Nodes of the palette with the configuration that each is given in its dialog, by property. */
const ON_THE_CANVAS = {
  'pm500-poll': 'meter',
  'pm500-normalize': undefined,
  'sparkplug-out': 'edge',
  'influx-out': 'target',
  'iot-out': 'target',
  'pm500-sim': undefined,
} as const satisfies Partial<Record<NodeType, string | undefined>>;

/** What a person must type before the configuration of such a node can work. */
const TYPED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'pm500-poll': { name: 'main-incomer', host: '127.0.0.1' },
  'sparkplug-out': { host: '127.0.0.1', groupId: 'plant', edgeNodeId: 'power' },
  'influx-out': { url: 'http://127.0.0.1:8086', bucket: 'energy' },
  'iot-out': { host: '127.0.0.1' },
};

const IMPLICIT: readonly TransportKind[] = ['listen-only', 'input-only', 'auto'];
const NETWORK = TRANSPORT_KINDS.filter((kind) => kind !== 'modbus-rtu');
/** Of meters with an Ethernet port of their own, which serial units behind a server have not. */
const ETHERNET = NETWORK.filter((kind) => kind !== 'modbus-rtu-tcp');
const SERIAL: readonly TransportKind[] = ['modbus-rtu', 'modbus-rtu-tcp'];

/** Rows of a meter's form that belong to some transports only. */
const SHOWN_FOR: Readonly<Record<string, readonly TransportKind[]>> = {
  host: NETWORK,
  port: ETHERNET,
  sharedWithPlc: ETHERNET,
  rpiMs: IMPLICIT,
  allowInputOnly: ['auto'],
  modbusPort: ['modbus-tcp', 'modbus-rtu-tcp'],
  releaseAfterIdleMs: ['modbus-tcp'],
  unitId: ['modbus-tcp', ...SERIAL],
  dropEcho: SERIAL,
  delivery: IMPLICIT,
  localUdpPort: IMPLICIT,
  localAddress: IMPLICIT,
  timeoutMultiplier: IMPLICIT,
  configurationInstance: IMPLICIT,
  serialPath: ['modbus-rtu'],
  baudRate: ['modbus-rtu'],
  parity: ['modbus-rtu'],
  layoutFile: MESSAGING_KINDS,
  energyLayout: MESSAGING_KINDS,
};

const exampleFlow = (name: string): FlowEntry[] =>
  JSON.parse(readFileSync(join(ROOT, `examples/${name}.json`), 'utf8')) as FlowEntry[];

describe('the editor of Node-RED', function () {
  this.timeout(120_000);
  let red: NodeRed;
  let editor: Editor;
  let meterPort: string;

  before(async () => {
    meterPort = String(await freePort());
    red = await startNodeRed();
    editor = await Editor.open(red.url);
  });

  after(async () => {
    await editor.close();
    await red.stop();
  });

  /** Chooses one transport after the other in the open form of a meter, and ends at the first. */
  async function tryTransports(): Promise<void> {
    const offered = await editor.page
      .locator('#node-config-input-transport option')
      .evaluateAll((options) => options.map((option) => option.getAttribute('value')));
    assert.deepEqual([...offered].sort(), [...TRANSPORT_KINDS].sort());
    await editor.unfold();
    for (const kind of TRANSPORT_KINDS) {
      await editor.page.locator('#node-config-input-transport').selectOption(kind);
      const { problems, labels } = await editor.inspectDialog();
      assert.deepEqual(problems, []);
      assert.ok(labels.every((label) => label.trim() !== ''));
      for (const [property, kinds] of Object.entries(SHOWN_FOR)) {
        const isShown = await editor.page.locator(`#node-config-input-${property}`).isVisible();
        assert.equal(isShown, kinds.includes(kind), `${property} for ${kind}`);
      }
      const isSerial = kind === 'modbus-rtu';
      const missing = await editor.page.locator('#node-config-input-serialPath.input-error').count();
      assert.equal(missing, isSerial ? 1 : 0);
      await editor.photograph(`meter-${kind}`);
    }
    await editor.page.locator('#node-config-input-transport').selectOption(TRANSPORT_KINDS[0]);
  }

  it('loads every type without an error', async () => {
    const sets = (await red.admin.nodes()).filter(({ module }) => module === PACKAGE_NAME);
    assert.deepEqual(
      sets.filter(({ err }) => err !== undefined),
      [],
    );
    assert.deepEqual(sets.flatMap(({ types }) => types).sort(), [...TYPES].sort());
  });

  it('gets our icons, byte by byte', async () => {
    for (const type of TYPES) {
      const response = await fetch(new URL(`icons/${PACKAGE_NAME}/${type}.svg`, red.url));
      assert.equal(response.status, 200);
      const served = Buffer.from(await response.arrayBuffer());
      assert.ok(served.equals(readFileSync(join(ROOT, `icons/${type}.svg`))), `another icon is served for ${type}`);
    }
  });

  it('gets the style sheet of our forms', async () => {
    const response = await fetch(new URL(`resources/${PACKAGE_NAME}/editor.css`, red.url));
    assert.equal(await response.text(), readFileSync(join(ROOT, 'resources/editor.css'), 'utf8'));
  });

  it('offers the examples and the reference flows for import, as they are', async () => {
    for (const folder of ['examples', 'flows']) {
      for (const file of readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.json'))) {
        const path = `${folder === 'flows' ? 'reference-flows/' : ''}${file.replace('.json', '')}`;
        const response = await fetch(new URL(`library/examples/flows/${PACKAGE_NAME}/${path}`, red.url));
        assert.equal(response.status, 200, path);
        assert.deepEqual(await response.json(), JSON.parse(readFileSync(join(ROOT, folder, file), 'utf8')));
      }
    }
  });

  Object.entries(ON_THE_CANVAS).forEach(([type, configuration], index) => {
    it(`${type} can be dragged to the canvas and set up, in words`, async () => {
      const id = await editor.drag(type, 200 + 240 * (index % 3), 100 + 90 * Math.floor(index / 3));
      await editor.edit(id);
      const dialog = await editor.inspectDialog();
      assert.deepEqual(dialog.problems, []);
      assert.ok(dialog.labels.length > 0 && dialog.labels.every((label) => label.trim() !== ''));
      // The usual port may be taken on this machine.
      if (type === 'pm500-sim') await editor.page.locator('#node-input-port').fill(meterPort);
      await editor.photograph(type);
      if (configuration !== undefined) {
        await editor.editConfiguration(configuration);
        const inner = await editor.inspectDialog();
        assert.deepEqual(inner.problems, []);
        assert.ok(inner.labels.length > 3 && inner.labels.every((label) => label.trim() !== ''));
        const typed = { ...TYPED[type], ...(configuration === 'meter' ? { port: meterPort } : {}) };
        for (const [property, value] of Object.entries(typed)) {
          await editor.page.locator(`#node-config-input-${property}`).fill(value);
        }
        if (configuration === 'meter') await tryTransports();
        await editor.photograph(`${type}-${configuration}`);
        await editor.accept(true);
      }
      await editor.accept();
    });
  });

  it('finds nothing wrong with what was typed, and says what is wrong with what was not', async () => {
    const invalid = await editor.page.evaluate<string[]>(
      `RED.nodes.filterNodes({}).filter((node) => !node.valid).map((node) => node.type)`,
    );
    assert.deepEqual(invalid, []);
    const [id = ''] = await editor.nodeIds('pm500-poll');
    await editor.edit(id);
    const interval = editor.page.locator('#node-input-intervalMs');
    await interval.fill('50');
    await editor.page.locator('#node-input-name').focus();
    await editor.page.locator('#node-input-intervalMs.input-error').waitFor();
    await interval.fill('500');
    await editor.page.locator('#pm500-poll-groups input[value="energy"]').check();
    await editor.accept();
  });

  it('deploys what was set up, with every property', async () => {
    await editor.deploy();
    const deployed = await red.admin.flows();
    const offered = TYPES.filter((type) => !WIDGET_TYPES.some((widget) => widget === type));
    for (const type of offered) {
      const node = deployed.find((entry) => entry.type === type);
      assert.ok(node !== undefined, `${type} was not saved`);
      for (const property of Object.keys(DEFAULTS[type])) assert.ok(property in node, `${type}.${property}`);
    }
    const poll = deployed.find(({ type }) => type === 'pm500-poll');
    assert.deepEqual(poll?.['groups'], ['realtime', 'energy']);
    assert.equal(poll['intervalMs'], '500');
  });

  it('shows live readings of an example as it comes', async () => {
    const port = await freePort();
    const flow = exampleFlow('read-on-a-schedule').map((entry) => ('port' in entry ? { ...entry, port } : entry));
    await red.admin.deploy(flow);
    await editor.reload();
    const status = editor.page.locator('.red-ui-flow-node-status-label');
    await status.filter({ hasText: /^realtime \d+ ms$/ }).waitFor();
    await status
      .filter({ hasText: /^confirm layout: \d+$/ })
      .first()
      .waitFor();
    await editor.photograph('live');
  });

  it('left no complaint in the console of the browser and no error in the log', () => {
    assert.deepEqual(editor.complaints, []);
    assert.deepEqual(
      red.errors().filter((line) => !/sparkplug|influx|iot/i.test(line)),
      [],
    );
  });
});
