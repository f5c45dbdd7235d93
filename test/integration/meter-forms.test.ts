import assert from 'node:assert/strict';
import { findFaintWords } from '../../testkit/contrast';
import { Editor } from '../../testkit/node-red/editor';
import { freePort } from '../../testkit/servers/ports';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { adaptFlow, chooseMeterPorts, entryOf, readFlow } from '../../testkit/node-red/reference-flows';
import type { Sentence } from '../../src/support/sentence';
import { waitFor } from '../../testkit/wait';

/** As in node-red-5.test.ts. */
const ENOUGH_CONTRAST = 3;
const SERIAL_NUMBER = 940_000_001;
/** "looker", as Node-RED keeps a password. */
const PASSWORD_HASH = '$2b$04$fFDfQ5xAHMsfwd.gzoEyUOtv1he.7OhnaY/opV3GjFLr7tp6fjeEy';

async function deployMeter(red: NodeRed, name: string): Promise<{ flow: readonly FlowEntry[]; port: number }> {
  const original = readFlow('examples', name);
  const flow = adaptFlow(original, { meterPorts: await chooseMeterPorts(original) });
  await red.admin.deploy(flow);
  return { flow, port: Number(entryOf(flow, 'pm500-sim')['port']) };
}

describe('finding and checking meters in the forms', function () {
  this.timeout(180_000);
  let red: NodeRed;
  let editor: Editor;
  let flow: readonly FlowEntry[];
  let port: number;

  before(async () => {
    red = await startNodeRed();
    ({ flow, port } = await deployMeter(red, 'read-on-a-schedule.json'));
    editor = await Editor.open(red.url);
  });

  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
  });

  /** Looks at the open dialog for words that a catalog lacks, and words that cannot be read. */
  const look = async (name: string): Promise<void> => {
    const { problems } = await editor.inspectDialog();
    assert.deepEqual([...problems, ...(await findFaintWords(editor.page, ENOUGH_CONTRAST))], []);
    await editor.photograph(name);
  };
  const find = async (box: string, where: string): Promise<void> => {
    await editor.page.locator(`${box} .pm500-where`).fill(where);
    await editor.page.locator(`${box} .pm500-find`).click();
  };

  it('a list takes a meter that answers, with everything that a row can say', async () => {
    const { page } = editor;
    const id = await editor.drag('pm500-poll', 300, 400);
    await editor.edit(id);
    await page.locator('#node-input-source').selectOption('list');
    await find('#pm500-poll-find', `127.0.0.1:${port}`);
    const found = page.locator('#pm500-poll-find .pm500-choosable');
    await found.waitFor();
    assert.deepEqual(await found.locator('td').allInnerTexts(), [
      `127.0.0.1:${port}`,
      '1420-V2-ENT',
      String(SERIAL_NUMBER),
      await found.locator('td').last().innerText(),
    ]);
    await found.click();
    const entry = page.locator('.pm500-entry');
    await entry.locator('button').click();
    const typed = {
      enipPort: '44819',
      layoutFile: '/layouts/press.json',
      intervalMs: '2000',
      site: 'steel-works',
    };
    for (const [column, value] of Object.entries(typed)) await entry.locator(`[data-column=${column}]`).fill(value);
    const chosen = { transport: 'auto', catalogNumber: '1420-V2-ENT', baudRate: '19200', parity: 'even' };
    for (const [column, value] of Object.entries(chosen)) {
      await entry.locator(`[data-column=${column}]`).selectOption(value);
    }
    await entry.locator('[data-column=allowInputOnly]').check();
    await look('fleet-list');
    await editor.accept();
    const row = { name: `meter-${SERIAL_NUMBER}`, host: '127.0.0.1', port: String(port) };
    const saved = { ...row, ...typed, ...chosen, allowInputOnly: true };
    const fleet = await page.evaluate<object[]>(`RED.nodes.node(${JSON.stringify(id)}).fleet`);
    assert.deepEqual(fleet, [saved]);
    // Opened again it shows what was saved, and saves the same.
    await editor.edit(id);
    await editor.accept();
    assert.deepEqual(await page.evaluate<object[]>(`RED.nodes.node(${JSON.stringify(id)}).fleet`), fleet);
  });

  it('says so when nobody answers, and when an address is none', async () => {
    const { page } = editor;
    await editor.edit((await editor.nodeIds('pm500-poll')).at(-1) ?? '');
    for (const [where, sentence] of [
      [`127.0.0.1:${await freePort()}`, 'Nobody answered.'],
      ['no-address', 'Address "no-address" is no IPv4 address; write it like 192.168.1.10.'],
    ] as const) {
      await find('#pm500-poll-find', where);
      await page.locator('#pm500-poll-find .pm500-say').filter({ hasText: sentence }).waitFor();
    }
    await editor.accept();
  });

  it('a meter takes address and catalog number of the device that is chosen', async () => {
    const { page } = editor;
    await editor.edit(entryOf(flow, 'pm500-poll').id);
    await editor.editConfiguration('meter');
    await page.locator('#node-config-input-host').fill('10.0.0.1');
    await find('#pm500-meter-find', `127.0.0.1:${port}`);
    await page.locator('#pm500-meter-find .pm500-choosable').click();
    const value = (name: string): Promise<string> => page.locator(`#node-config-input-${name}`).inputValue();
    assert.deepEqual(
      [await value('host'), await value('port'), await value('catalogNumber')],
      ['127.0.0.1', String(port), '1420-V2-ENT'],
    );
  });

  it('shows the verdict on the layout of the running meter, place by place', async () => {
    const { page } = editor;
    await page.locator('#pm500-meter-layoutCheck .pm500-short').fill('4');
    await page.locator('.pm500-check-layout').click();
    const table = page.locator('#pm500-meter-layoutCheck .pm500-table');
    await table.waitFor({ timeout: 60_000 });
    const headings = await table.locator('.pm500-assembly td:first-child').allInnerTexts();
    assert.deepEqual(headings.map((heading) => heading.split(' ')[0]).slice(0, 4), ['Energy', '100', '101', '102']);
    // Of the named layouts of the energy counters the others are contradicted; of the places none is.
    const contradicted = await table.locator('tr').evaluateAll((rows) => {
      let heading = '';
      return rows.flatMap((row) => {
        if (row.classList.contains('pm500-assembly')) heading = row.querySelector('td')?.textContent ?? '';
        return row.querySelector('.pm500-badge-contradicted') === null ? [] : [heading.split(' ')[0]];
      });
    });
    assert.deepEqual([...new Set(contradicted)], ['Energy']);
    assert.ok((await table.locator('.pm500-badge-confirmed').count()) > 0);
    await table.scrollIntoViewIfNeeded();
    await look('layout-check');
    await editor.accept(true);
    await editor.accept();
  });

  it('left no complaint in the console of the browser', () => {
    // The address that is none is refused with status 400, which a browser reports.
    assert.deepEqual(
      editor.complaints.filter((complaint) => !/status of 400.*pm500\/scan/.test(complaint)),
      [],
    );
  });
});

describe('pages about meters where Node-RED asks for a login', function () {
  this.timeout(120_000);
  let red: NodeRed;
  let flow: readonly FlowEntry[];
  let port: number;

  before(async () => {
    red = await startNodeRed({
      adminAuth: {
        type: 'credentials',
        users: [
          { username: 'looker', password: PASSWORD_HASH, permissions: ['pm500.read', 'pm500.scan'] },
          { username: 'reader', password: PASSWORD_HASH, permissions: 'read' },
        ],
        default: { permissions: ['nodes.read', 'flows.read', 'flows.write', 'status.read'] },
      },
    });
    ({ flow, port } = await deployMeter(red, 'read-on-a-schedule.json'));
  });

  after(async () => {
    await (red as NodeRed | undefined)?.stop();
  });

  const ask = (path: string, token?: string): Promise<Response> =>
    fetch(new URL(path, red.url), token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

  const logIn = async (username: string, scope: string): Promise<string> => {
    const login = await fetch(new URL('auth/token', red.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ client_id: 'node-red-admin', grant_type: 'password' },
        ...{ scope, username, password: 'looker' },
      }),
    });
    return ((await login.json()) as { access_token: string }).access_token;
  };

  it('have nothing sent for who may only read', async () => {
    const token = await logIn('reader', 'read');
    const { id } = entryOf(flow, 'pm500-meter');
    assert.equal((await ask('pm500/metrics', token)).status, 200);
    for (const path of ['pm500/scan', `pm500/meters/${id}/layout-check?seconds=2`]) {
      assert.equal((await ask(path, token)).status, 401, path);
    }
  });

  it('answer only who may read meters', async () => {
    const token = await logIn('looker', 'pm500.read pm500.scan');
    const { id } = entryOf(flow, 'pm500-meter');
    const pages = {
      'pm500/metrics': /pm500_up/,
      [`pm500/scan?address=127.0.0.1&port=${port}`]: new RegExp(`"serialNumber":${SERIAL_NUMBER}`),
      [`pm500/meters/${id}/layout-check?seconds=2`]: /"schema":"pm500.layout-check\/1"/,
    };
    await waitFor('the meter', async () =>
      /^pm500_up\{.*\} 1$/m.test(await (await ask('pm500/metrics', token)).text()),
    );
    for (const [path, content] of Object.entries(pages)) {
      assert.equal((await ask(path)).status, 401, path);
      assert.equal((await ask(path, 'no-token')).status, 401, path);
      const answer = await ask(path, token);
      assert.equal(answer.status, 200, path);
      assert.match(await answer.text(), content);
    }
    assert.equal((await ask('pm500/meters/unknown/layout-check', token)).status, 404);
    const refused = await ask(`pm500/meters/${id}/layout-check?seconds=x`, token);
    const { error } = (await refused.json()) as { readonly error: Sentence };
    assert.deepEqual([refused.status, error.text], [400, 'Give seconds from 1 to 600.']);
  });
});
