import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Sentence } from '../../src/support/sentence';
import { PM500 } from '../../src/meters/pm500';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import type { DoctorReport } from '../../src/doctor/examine';
import type { OverviewSnapshot } from '../../src/overview/viewers';
import { findBarriers } from '../../testkit/accessibility';
import { findFaintWords, SIDEBAR_WORDS } from '../../testkit/contrast';
import { Editor } from '../../testkit/node-red/editor';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { EditorChannel } from '../../testkit/node-red/node-red-channel';
import { freePort } from '../../testkit/servers/ports';
import { waitFor } from '../../testkit/wait';

/** Small words need 4.5 (WCAG 2.2, 1.4.3). */
const ENOUGH_CONTRAST = 4.5;
const SIDEBAR = '.pm500-sidebar';
const WATTS = 441_300;
const RULES = [
  { id: 'power_high', metric: 'active_power_total', condition: 'above', limit: 100_000, message: 'Power is high.' },
];

/** Two simulated meters; each can be cut from the network on its own. */
async function startMeters(): Promise<readonly [Simulator, Simulator]> {
  const start = (serialNumber: number): Promise<Simulator> =>
    startSimulator(PM500, {
      meters: [
        {
          bind: '127.0.0.1',
          enipPort: 0,
          catalogNumber: '1420-V2-ENT',
          serialNumber,
          seed: 1,
          load: constantProfile(WATTS),
        },
      ],
    });
  return [await start(940_000_001), await start(940_000_002)];
}

const portOf = (simulator: Simulator): number => simulator.meters[0]?.port ?? 0;

/** Both meters read, judged with one alarm, and delivered to a database that nobody runs. */
function flowOf(ports: readonly number[], databasePort: number): readonly FlowEntry[] {
  const meters = ports.flatMap((port, place): FlowEntry[] => [
    { id: `meter-${place}`, type: 'pm500-meter', name: `press-${place}`, host: '127.0.0.1', port: String(port) },
    {
      id: `poll-${place}`,
      type: 'pm500-poll',
      z: 'tab',
      x: 120,
      y: 80 + 60 * place,
      meter: `meter-${place}`,
      intervalMs: '500',
      groups: ['realtime'],
      wires: [['judge'], []],
    },
  ]);
  return [
    { id: 'tab', type: 'tab', label: 'Two presses' },
    ...meters,
    {
      id: 'judge',
      type: 'pm500-normalize',
      z: 'tab',
      x: 340,
      y: 100,
      alarmRules: JSON.stringify(RULES),
      wires: [['out'], ['alarms']],
    },
    {
      id: 'target',
      type: 'influx-target',
      name: 'plant',
      url: `http://127.0.0.1:${databasePort}`,
      api: 'v1',
      database: 'plant',
    },
    { id: 'out', type: 'influx-out', z: 'tab', x: 560, y: 80, target: 'target', wires: [[]] },
    { id: 'alarms', type: 'debug', z: 'tab', x: 560, y: 140, active: true, tosidebar: true, complete: 'payload' },
  ];
}

describe('the sidebar', function () {
  this.timeout(180_000);
  let red: NodeRed;
  let editor: Editor;
  let simulators: readonly [Simulator, Simulator];
  let databasePort: number;

  before(async () => {
    simulators = await startMeters();
    databasePort = await freePort();
    red = await startNodeRed();
    editor = await Editor.open(red.url);
    // High enough for all rows: the values of a meter that what needs a person has pushed out of sight are not sent.
    await editor.page.setViewportSize({ width: 1400, height: 1800 });
  });

  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
    for (const simulator of (simulators as readonly Simulator[] | undefined) ?? []) await simulator.close();
  });

  const rows = (part: string) => editor.page.locator(`${SIDEBAR} .pm500-part-${part} .pm500-list > li`);
  const row = (part: string, text: string | RegExp) => rows(part).filter({ hasText: text });

  /** What can be seen has words that can be read in both themes, and axe-core finds nothing in the way of anybody. */
  const look = async (name: string): Promise<void> => {
    for (const theme of ['light', 'dark']) {
      await editor.page.emulateMedia({ colorScheme: theme as 'light' | 'dark' });
      await editor.page.evaluate(`document.documentElement.classList.toggle('nr-theme-dark', ${theme === 'dark'})`);
      await editor.photograph(`sidebar-${name}-${theme}`);
      assert.deepEqual(await findFaintWords(editor.page, ENOUGH_CONTRAST, SIDEBAR_WORDS), [], theme);
      assert.deepEqual(await findBarriers(editor.page, SIDEBAR), [], theme);
    }
  };

  it('says what to do next where there is nothing yet', async () => {
    const { page } = editor;
    await page.evaluate(`RED.sidebar.show('pm500-sidebar')`);
    await page.locator(`${SIDEBAR} .pm500-empty`).filter({ hasText: 'No meter is read yet.' }).waitFor();
    await look('empty');
    await page.locator(`${SIDEBAR} .pm500-examples`).click();
    await page.locator('#red-ui-clipboard-dialog').waitFor();
    await page.keyboard.press('Escape');
  });

  it('shows meters with values, an alarm, and a sink that is away, as soon as they are deployed', async () => {
    await red.admin.deploy(flowOf(simulators.map(portOf), databasePort));
    await row('meters', /press-0\s*read/).waitFor();
    const meter = row('meters', 'press-1');
    await meter
      .filter({ hasText: '441.30 kW' })
      .filter({ hasText: 'uncertain' })
      .filter({ hasText: /read \d+ s ago/ })
      .waitFor();
    await row('alarms', 'Power is high.').filter({ hasText: 'press-0' }).filter({ hasText: '441.30 kW' }).waitFor();
    await row('queues', 'plant')
      .filter({ hasText: 'away, tried again' })
      .filter({ hasText: /\d+ wait, the oldest/ })
      .waitFor();
    await row('tasks', /plant is away, \d+ wait/).waitFor();
    await row('tasks', 'The layout is not confirmed: press-0, press-1')
      .or(row('tasks', 'The layout is not confirmed'))
      .first()
      .waitFor();
    assert.equal(await rows('meters').count(), 2);
  });

  it('acknowledges an alarm for everybody, by keyboard too, and keeps that as long as the alarm', async () => {
    const { page } = editor;
    const alarm = row('alarms', 'press-0');
    await alarm.locator('.pm500-acknowledge').focus();
    await page.keyboard.press('Enter');
    await alarm.filter({ hasText: /acknowledged at \d/ }).waitFor();
    // The focus stays in the row, and the other alarm comes first.
    assert.equal(await page.evaluate(`document.activeElement.textContent.slice(0, 20)`), 'press-0');
    await waitFor('the event', () =>
      Promise.resolve(red.channel.debugsOf('alarms').some(({ msg }) => String(msg).includes('"event":"acknowledged"'))),
    );
    await red.admin.deploy(flowOf(simulators.map(portOf), databasePort));
    await editor.reload();
    await alarm.filter({ hasText: /acknowledged at \d/ }).waitFor();
    await row('alarms', 'press-1').locator('.pm500-acknowledge').waitFor();
    await look('running');
  });

  it('examines this Node-RED when somebody asks for it, and says what it found and what to do', async () => {
    const part = editor.page.locator(`${SIDEBAR} .pm500-part-doctor`);
    await part.locator('summary').click();
    await part.locator('.pm500-examine').click();
    await rows('doctor')
      .filter({ hasText: 'admin-auth' })
      .filter({ hasText: 'Set adminAuth in settings.js' })
      .waitFor();
    await part
      .locator('.pm500-tools')
      .filter({ hasText: /\d+ found something, \d+ are fine/ })
      .waitFor();
    assert.match((await rows('doctor').first().textContent()) ?? '', /^critical/);
    await look('examined');
    await part.locator('summary').click();
  });

  it('says that a meter is cut, since when, and leads to its node', async () => {
    const { page } = editor;
    await simulators[0].close();
    const task = row('tasks', 'Not read: press-0');
    await task.waitFor();
    await row('meters', /press-0\s*not read/)
      .filter({ hasText: '–' })
      .filter({ hasText: 'bad' })
      .waitFor();
    await row('meters', /press-1\s*read/)
      .filter({ hasText: /read [01] s ago/ })
      .waitFor();
    await page.evaluate(`RED.workspaces.show(RED.nodes.getWorkspaceOrder()[0])`);
    await look('cut');
    await task.locator('.pm500-link').click();
    await page
      .locator('[id="poll-0"].red-ui-flow-node-highlighted, [id="poll-0"] .red-ui-flow-node-highlighted')
      .first()
      .waitFor();
  });

  it('finds a meter among many, and says how many are left out', async () => {
    await editor.page.locator(`${SIDEBAR} .pm500-filter`).fill('press-1');
    await waitFor('the filter', async () => (await rows('meters').count()) === 1);
    await editor.page.locator(`${SIDEBAR} .pm500-count`).filter({ hasText: '1 of 2 shown' }).waitFor();
    await editor.page.locator(`${SIDEBAR} .pm500-filter`).fill('');
  });

  it('forgets what is deployed no more', async () => {
    const [, port] = simulators.map(portOf);
    await red.admin.deploy(flowOf([0, port ?? 0], databasePort).filter(({ id }) => !id.endsWith('-0')));
    await waitFor('the end of press-0', async () => (await row('meters', 'press-0').count()) === 0);
    await row('meters', /press-1\s*read/).waitFor();
    await waitFor('the end of its alarm', async () => (await row('alarms', 'press-0').count()) === 0);
  });

  it('asks nothing while another tab is shown', async () => {
    const { page } = editor;
    const said: string[] = [];
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => said.push(String(payload))));
    const says = (kind: string): Promise<unknown> =>
      waitFor(`the sidebar to say ${kind}`, () => said.splice(0).some((frame) => frame.includes(`"kind":"${kind}"`)));
    await page.reload();
    await says('got');
    await page.evaluate(`RED.sidebar.show('info')`);
    await says('close');
    await page.evaluate(`RED.sidebar.show('pm500-sidebar')`);
    await says('open');
    await row('meters', /press-1\s*read/).waitFor();
  });

  it('left no complaint in the console of the browser', () => {
    assert.deepEqual(editor.complaints, []);
  });
});

/** What Node-RED hashes passwords with. */
const { hashSync } = createRequire(createRequire(__filename).resolve('@node-red/editor-api'))('bcryptjs') as {
  readonly hashSync: (password: string, rounds: number) => string;
};

describe('the sidebar where people log in, the editor is somewhere else, and HTTP nodes have a password', function () {
  this.timeout(120_000);
  const PASSWORD = 'a password of this run only';
  let red: NodeRed;
  let simulators: readonly [Simulator, Simulator];

  before(async () => {
    simulators = await startMeters();
    const password = hashSync(PASSWORD, 4);
    red = await startNodeRed({
      httpAdminRoot: '/plant/editor/',
      settings: { httpNodeAuth: { user: 'somebody', pass: password } },
      adminAuth: {
        type: 'credentials',
        users: [
          { username: 'ann', password, permissions: '*' },
          { username: 'bob', password, permissions: 'read' },
        ],
        // Who is not logged in sees flows and statuses, and nothing of this package.
        default: { permissions: ['nodes.read', 'flows.read', 'flows.write', 'status.read'] },
      },
    });
    await red.admin.deploy(flowOf(simulators.map(portOf), await freePort()));
  });

  after(async () => {
    await (red as NodeRed | undefined)?.stop();
    for (const simulator of (simulators as readonly Simulator[] | undefined) ?? []) await simulator.close();
  });

  const logIn = async (username: string): Promise<string> => {
    const response = await fetch(new URL('auth/token', red.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: 'node-red-admin',
        grant_type: 'password',
        scope: '',
        username,
        password: PASSWORD,
      }),
    });
    return ((await response.json()) as { readonly access_token: string }).access_token;
  };
  const bearer = (token: string | undefined): Readonly<Record<string, string>> =>
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const look = (token?: string): Promise<Response> =>
    fetch(new URL('pm500/overview', red.url), { headers: bearer(token) });
  const acknowledge = (meters: readonly string[], token?: string): Promise<Response> =>
    fetch(new URL('pm500/alarms/acknowledge', red.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(token) },
      body: JSON.stringify({ alarms: meters.map((meter) => ({ node: 'judge', meter, id: 'power_high' })) }),
    });
  const alarmsOf = async (token: string): Promise<OverviewSnapshot['alarms']> =>
    ((await (await look(token)).json()) as OverviewSnapshot).alarms;

  it('asks for a permission, and one more to acknowledge; who did it is kept', async () => {
    const [ann, bob] = [await logIn('ann'), await logIn('bob')];
    assert.equal((await look()).status, 401);
    assert.equal((await look(bob)).status, 200);
    await waitFor('the alarms', async () => (await alarmsOf(bob)).length === 2);
    assert.equal((await acknowledge(['press-0'])).status, 401);
    assert.equal((await acknowledge(['press-0'], bob)).status, 401);
    assert.equal((await acknowledge(['press-0'], ann)).status, 200);
    const alarms = await alarmsOf(bob);
    assert.deepEqual(
      alarms.map(({ meter, acknowledgedBy }) => [meter, acknowledgedBy]),
      [
        ['press-1', ''],
        ['press-0', 'ann'],
      ],
    );
    const missing = await acknowledge(['nobody', 'press-1'], ann);
    assert.equal(missing.status, 400);
    assert.match(((await missing.json()) as { readonly error: Sentence }).error.text, /"nobody"/);
    assert.ok(
      (await alarmsOf(bob)).every(({ acknowledgedBy }) => acknowledgedBy === 'ann'),
      'one that is gone costs no other',
    );
  });

  it('examines this Node-RED for who may, tells no secret, and has the findings as gauges from then on', async () => {
    const [ann, bob] = [await logIn('ann'), await logIn('bob')];
    const page = (path: string, method: string, token?: string): Promise<Response> =>
      fetch(new URL(path, red.url), { method, headers: bearer(token) });
    assert.equal((await page('pm500/doctor', 'POST')).status, 401);
    assert.equal((await page('pm500/doctor', 'POST', bob)).status, 401);
    assert.doesNotMatch(await (await page('pm500/metrics', 'GET', bob)).text(), /pm500_doctor/);
    const [first, second] = await Promise.all([page('pm500/doctor', 'POST', ann), page('pm500/doctor', 'POST', ann)]);
    const [text, same] = [await first.text(), await second.text()];
    assert.equal(text, same, 'who asks meanwhile shares it');
    const report = JSON.parse(text) as DoctorReport;
    assert.equal(report.schema, 'pm500.doctor/1');
    const outcomes = new Map(report.results.map(({ id, outcome }) => [id, outcome]));
    assert.deepEqual([outcomes.get('admin-auth'), outcomes.get('flows-readable')], ['ok', 'ok']);
    assert.doesNotMatch(text, new RegExp(`${PASSWORD}|a secret of this run only`));
    const metrics = await (await page('pm500/metrics', 'GET', bob)).text();
    assert.match(metrics, /^pm500_doctor_checks\{outcome="ok"\} \d+$/m);
    assert.match(metrics, new RegExp(`^pm500_doctor_time_seconds ${Date.parse(report.at) / 1000}$`, 'm'));
  });

  it('sends changes to those who may read, and to nobody else who has the editor open', async () => {
    const token = await logIn('bob');
    const [bob, stranger] = [
      await EditorChannel.open(red.port, '/plant/editor/', token),
      await EditorChannel.open(red.port, '/plant/editor/'),
    ];
    try {
      const snapshot = (await (await look(token)).json()) as OverviewSnapshot;
      const shown = snapshot.meters.map(({ key }) => key);
      stranger.send('pm500/overview', { kind: 'open', ticket: 'guessed', shown });
      bob.send('pm500/overview', { kind: 'open', ticket: snapshot.ticket, shown });
      const first = (channel: EditorChannel): Promise<unknown> =>
        waitFor('a message', () => channel.messagesOf('pm500/overview')[0]);
      const [update] = [await first(bob), await first(stranger)];
      assert.deepEqual(Object.keys((update as { readonly rows: object }).rows), ['values']);
      assert.deepEqual(stranger.messagesOf('pm500/overview'), [{ closed: true }]);
    } finally {
      bob.close();
      stranger.close();
    }
  });
});
