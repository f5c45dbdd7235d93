/** The packed package, as a person installs it, in every Node-RED and Node.js of the matrix. */
import { strict as assert } from 'node:assert';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULTS, WIDGET_TYPES } from '../../nodes/shared/forms';
import { Editor } from '../../testkit/node-red/editor';
import { installInto, packDependency, packPackage, uninstallFrom } from '../../testkit/node-red/installed-node-red';
import {
  DASHBOARD,
  PACKAGE_NAME,
  startNodeRed,
  type Installation,
  type NodeRed,
  type NodeRedOptions,
} from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { startPipeline, type Pipeline } from '../../testkit/node-red/pipeline';
import { adaptFlow, chooseMeterPorts, listFlows, readFlow } from '../../testkit/node-red/reference-flows';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { chosenRows, prepare, userDirIn } from './matrix';
import { savedFlows } from './saved-flows';

const INSTALL_TIMEOUT_MS = 300_000;
const TYPES = Object.keys(DEFAULTS).sort();
const SIDEBAR = 'pm500-sidebar';

/** What a user folder may keep of a package that is gone: data of its user, which nobody else can bring back. */
const KEPT_DATA = 'pm500';

/** A flow of somebody else, which must not notice that this package comes and goes. */
const OTHER_FLOW: readonly FlowEntry[] = [
  { id: 'others', type: 'tab', label: 'Others' },
  { id: 'others-inject', type: 'inject', z: 'others', x: 100, y: 100, once: true, props: [], wires: [['others-out']] },
  { id: 'others-out', type: 'debug', z: 'others', x: 300, y: 100, active: true, complete: 'true', wires: [] },
];

/** The palette may install and upload, as it may unless settings.js says otherwise. */
const WITH_PALETTE: NodeRedOptions = {
  settings: { externalModules: { palette: { allowInstall: true, allowUpload: true } } },
};

/** Types and plugins of this package that a Node-RED has, with what kept them from being loaded. */
async function loaded({ admin }: NodeRed): Promise<{ types: string[]; plugins: string[]; problems: unknown[] }> {
  const sets = (await admin.nodes()).filter(({ module }) => module === PACKAGE_NAME);
  const plugins = (await admin.plugins()).filter(({ module }) => module === PACKAGE_NAME);
  return {
    types: sets.flatMap(({ types }) => types).sort(),
    plugins: plugins.map(({ name }) => name),
    problems: [...sets, ...plugins].flatMap(({ err }) => (err === undefined ? [] : [err])),
  };
}

/** Everything of this package, and nothing that could not be loaded. */
async function checkPalette(red: NodeRed): Promise<void> {
  assert.deepEqual(await loaded(red), { types: TYPES, plugins: [SIDEBAR], problems: [] });
  const forms = await red.admin.html('nodes');
  for (const type of TYPES) {
    assert.ok(forms.includes(`data-template-name="${type}"`), `the form of ${type}`);
    assert.ok(forms.includes(`data-help-name="${type}"`), `the help of ${type}`);
  }
  assert.ok((await red.admin.html('plugins')).includes(SIDEBAR), 'the sidebar');
}

/** Which widgets the palette of the editor offers. */
async function offeredWidgets({ page }: Editor): Promise<readonly string[]> {
  const offered = await page
    .locator('.red-ui-palette-node')
    .evaluateAll((entries) => entries.map((entry) => entry.getAttribute('data-palette-type') ?? ''));
  return WIDGET_TYPES.filter((type) => offered.includes(type));
}

/** Packages below node_modules; npm leaves empty folders of scopes behind. */
function packagesIn(modules: string): readonly string[] {
  const names = existsSync(modules) ? readdirSync(modules).filter((name) => !name.startsWith('.')) : [];
  return names.filter((name) => readdirSync(join(modules, name)).length > 0);
}

/** Nothing of this package in the palette, and nothing of it below node_modules and in package.json. */
async function checkGone(red: NodeRed, others: readonly string[]): Promise<void> {
  assert.deepEqual(await loaded(red), { types: [], plugins: [], problems: [] });
  const { userDir } = red;
  const manifest = JSON.parse(readFileSync(join(userDir, 'package.json'), 'utf8')) as { dependencies?: object };
  assert.deepEqual(Object.keys(manifest.dependencies ?? {}), others);
  const modules = join(userDir, 'node_modules');
  assert.deepEqual(packagesIn(modules), others);
  // Node-RED strikes missing modules from its list after it has started, and nothing there waits until that is written.
  const kept = readdirSync(userDir).filter((name) => name.endsWith('.json') && !name.startsWith('flows'));
  const naming = (): readonly string[] =>
    kept.filter((name) => readFileSync(join(userDir, name), 'utf8').includes(PACKAGE_NAME));
  await waitFor('files that no longer name the package', () => {
    assert.deepEqual(naming(), []);
    return true;
  });
}

/** What Node-RED has written since a moment about flows, once they have started. */
async function startOf({ process }: NodeRed, since: number): Promise<string> {
  return waitFor('the start of the flow', () => {
    const text = process.output().slice(since);
    return text.includes('Started flows') && text;
  });
}

/** Deploys a flow; nothing of it may be unknown, refused or reported as an error. */
async function deployWell(red: NodeRed, flow: readonly FlowEntry[]): Promise<void> {
  const since = red.process.output().length;
  await red.admin.deploy(flow);
  assert.doesNotMatch(await startOf(red, since), /\[error\]|missing types|Flows stopped/i);
}

/** The flow is one with a page on Dashboard 2, which a user may have or not. */
function isOnDashboard(name: string): boolean {
  return readFlow('examples', name).some(({ type }) => type.startsWith('ui-'));
}

/** Imports a flow from what the installed package offers, and deploys it. */
async function deployOffered({ nodeRed, broker, database }: Pipeline, name: string): Promise<void> {
  const path = `library/examples/flows/${PACKAGE_NAME}/${name.replace(/\.json$/, '')}`;
  const offered = JSON.parse(await nodeRed.admin.get(path)) as readonly FlowEntry[];
  const meterPorts = await chooseMeterPorts(offered);
  await deployWell(nodeRed, adaptFlow(offered, { meterPorts, brokerPort: broker.port, influxUrl: database.url }));
}

for (const row of chosenRows()) {
  describe(`the packed package in Node-RED ${row.nodeRed} on Node.js ${row.node}`, function () {
    let folder: string;
    let tarball: string;
    let installation: Installation;

    before(function () {
      this.timeout(INSTALL_TIMEOUT_MS);
      folder = temporaryFolder('compat');
      tarball = packPackage(folder);
      installation = prepare(row, join(folder, 'programs'));
    });

    after(() => {
      removeFolder(folder);
    });

    describe('installed into an empty user folder', function () {
      let pipeline: Pipeline;

      before(async function () {
        this.timeout(INSTALL_TIMEOUT_MS);
        const userDir = userDirIn(folder, 'empty');
        installInto(userDir, [tarball]);
        pipeline = await startPipeline({ userDir, installation, otherPackages: [] });
      });

      after(async () => {
        await (pipeline as Pipeline | undefined)?.stop();
      });

      it('runs in what the matrix says, with every node and the sidebar', async () => {
        const said = pipeline.nodeRed.process.output();
        assert.ok(said.includes(`Node-RED version: v${row.nodeRed}.`), said.slice(0, 400));
        assert.match(said, new RegExp(`Node\\.js +version: v${row.node}\\.`));
        await checkPalette(pipeline.nodeRed);
      });

      for (const name of listFlows('examples').filter((each) => !isOnDashboard(each))) {
        it(`imports ${name} from what it offers, and deploys it without an error`, () => deployOffered(pipeline, name));
      }

      it('offers no widgets where nobody has Dashboard', async function () {
        this.timeout(INSTALL_TIMEOUT_MS);
        const editor = await Editor.open(pipeline.nodeRed.url);
        try {
          assert.deepEqual([await offeredWidgets(editor), editor.complaints], [[], []]);
        } finally {
          await editor.close();
        }
      });

      it('has logged no error meanwhile', () => {
        assert.deepEqual(pipeline.nodeRed.errors(), []);
      });

      it('leaves nothing when it is uninstalled from a shell', async function () {
        this.timeout(INSTALL_TIMEOUT_MS);
        const { userDir, admin } = pipeline.nodeRed;
        await admin.deploy([]);
        await pipeline.stop();
        uninstallFrom(userDir, PACKAGE_NAME);
        const red = await startNodeRed({ userDir, installation, isWithoutPackage: true });
        try {
          await checkGone(red, []);
          assert.deepEqual(red.errors(), []);
          const own = readdirSync(userDir).filter(
            (name) => !/^(\.|flows|settings|package|lib|nodes?_modules)/.test(name),
          );
          assert.deepEqual(own, [KEPT_DATA], 'what the user keeps');
        } finally {
          await red.stop();
        }
      });
    });

    describe('installed beside Dashboard 2', function () {
      let pipeline: Pipeline;

      before(async function () {
        this.timeout(INSTALL_TIMEOUT_MS);
        const userDir = userDirIn(folder, 'dashboard');
        installInto(userDir, [tarball, packDependency(DASHBOARD, folder)]);
        assert.ok(!lstatSync(join(userDir, 'node_modules', DASHBOARD)).isSymbolicLink(), 'Dashboard, as users have it');
        pipeline = await startPipeline({ userDir, installation, otherPackages: [] });
      });

      after(async () => {
        await (pipeline as Pipeline | undefined)?.stop();
      });

      for (const name of listFlows('examples').filter(isOnDashboard)) {
        it(`imports ${name} from what it offers, and deploys it without an error`, () => deployOffered(pipeline, name));
      }

      it('offers its widgets, and a page of the flow shows values of the meter', async function () {
        this.timeout(INSTALL_TIMEOUT_MS);
        const { nodeRed } = pipeline;
        await checkPalette(nodeRed);
        const editor = await Editor.open(nodeRed.url);
        try {
          assert.deepEqual(await offeredWidgets(editor), WIDGET_TYPES);
          await editor.page.goto(`${nodeRed.url}dashboard/live`);
          const number = editor.page.locator('.pm500-gauge[data-metric="active_power_total"] .pm500-number');
          await number.filter({ hasText: /^\d+\.\d+$/ }).waitFor();
          await editor.page.locator('[data-phasor="U-l1"]').waitFor({ state: 'attached' });
          assert.deepEqual(editor.complaints, []);
        } finally {
          await editor.close();
        }
      });

      it('has logged no error meanwhile', () => {
        assert.deepEqual(pipeline.nodeRed.errors(), []);
      });
    });

    describe('installed by the palette into a Node-RED that is in use', function () {
      let red: NodeRed;

      before(async function () {
        this.timeout(INSTALL_TIMEOUT_MS);
        const userDir = userDirIn(folder, 'used');
        installInto(userDir, [packOther(folder)]);
        writeFileSync(join(userDir, 'flows.json'), JSON.stringify(OTHER_FLOW));
        red = await startNodeRed({ ...WITH_PALETTE, userDir, installation, isWithoutPackage: true });
      });

      after(async () => {
        await (red as NodeRed | undefined)?.stop();
      });

      it('adds every node and the sidebar without a restart', async function () {
        this.timeout(INSTALL_TIMEOUT_MS);
        await red.admin.install(tarball);
        await checkPalette(red);
        assert.deepEqual(red.errors(), []);
      });

      for (const { name, flow } of savedFlows()) {
        it(`loads ${name} as an earlier version saved it`, async () => {
          const adapted = adaptFlow(flow, { meterPorts: await chooseMeterPorts(flow) });
          await deployWell(red, [...OTHER_FLOW, ...adapted]);
          const own = adapted.filter(({ type }) => TYPES.includes(type));
          const sims = own.filter(({ type }) => type === 'pm500-sim');
          for (const { id } of sims) await red.channel.waitForStatus(id, ({ fill }) => fill === 'green');
          for (const { id } of own) assert.notEqual(red.channel.status(id).text, 'check settings', id);
        });
      }

      it('is gone after it was uninstalled, and the others have not noticed', async function () {
        this.timeout(INSTALL_TIMEOUT_MS);
        await red.admin.deploy(OTHER_FLOW);
        await red.admin.uninstall(PACKAGE_NAME);
        await checkGone(red, [OTHER_PACKAGE]);
        const before = red.channel.debugsOf('others-out').length;
        await red.admin.inject('others-inject');
        await waitFor('a message of the others', () => red.channel.debugsOf('others-out').length > before);
        assert.deepEqual(
          (await red.admin.flows()).map(({ id }) => id),
          OTHER_FLOW.map(({ id }) => id),
        );
      });
    });
  });
}

/** A package of somebody else with a node that does nothing. */
const OTHER_PACKAGE = 'node-red-contrib-of-somebody-else';

/** The path of that package. */
function packOther(folder: string): string {
  const path = join(folder, OTHER_PACKAGE);
  mkdirSync(path);
  const manifest = { name: OTHER_PACKAGE, version: '1.0.0', 'node-red': { nodes: { other: 'other.js' } } };
  writeFileSync(join(path, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(path, 'other.js'), 'module.exports = () => {};\n');
  writeFileSync(join(path, 'other.html'), '');
  return path;
}
