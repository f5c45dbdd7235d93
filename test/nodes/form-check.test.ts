import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerAdmin } from '../../nodes/shared/admin';
import type { FormComplaints } from '../../nodes/shared/form-check-page';
import { fieldsOf, NODE_TYPES, type NodeType } from '../../nodes/shared/forms';
import { settingsIn } from '../../nodes/shared/field';
import { shownWith } from '../../testkit/shown-with';
import { FakeRed } from '../../testkit/node-red/fake-red';
import { temporaryFolder } from '../../testkit/temporary-folder';

const folder = temporaryFolder('form-check');
const NO_FILE = join(folder, 'none');

/** For each field that the server judges: a value that the runtime refuses, and what is said of it. */
const WRONG: Readonly<Record<string, readonly [value: unknown, sentence: RegExp, beside?: object]>> = {
  'pm500-meter.host': ['10.0.0.5 x', /neither an address nor a name; write it like 192\.168\.1\.10/],
  'pm500-meter.unitId': [
    '250',
    /unit identifier 250 does not exist; choose one from 1 to 247/,
    { transport: 'modbus-rtu' },
  ],
  'pm500-meter.layoutFile': [NO_FILE, /Layout file .*none/],
  'pm500-meter.localAddress': ['300.1.1.1', /no IPv4 address of a network interface/, { transport: 'auto' }],
  'pm500-poll.fleetFile': [NO_FILE, /Meter list .*none/],
  'pm500-poll.fleet': [[{ name: 'a', host: '10.0.0.5', port: '70000' }], /port.*70000.*65535/],
  'pm500-poll.shard': ['4/3', /expected i\/n like 1\/3/],
  'pm500-normalize.timeZone': ['Mars/Phobos', /timeZone is "Mars\/Phobos"/],
  'pm500-normalize.tariff': ['{"x":1}', /^tariff/],
  'pm500-normalize.alarmRules': ['[{"id": 1}]', /id/],
  'pm500-normalize.deadbands': ['{"nothing": {"absolute": 1}}', /nothing/],
  'sparkplug-edge.groupId': ['a/b', /group ID "a\/b" contains "\/"/],
  'sparkplug-edge.edgeNodeId': ['a+b', /edge node ID "a\+b" contains "\+"/],
  'sparkplug-edge.primaryHostId': ['a#', /primary host ID "a#" contains "#"/],
  'sparkplug-edge.host': ['mqtt://10.0.0.5', /give the host without mqtt:\/\//],
  'sparkplug-edge.furtherServers': ['a:70000', /no MQTT server; write host or host:port/],
  'sparkplug-out.deviceId': ['a/b', /device ID "a\/b" contains "\/"/],
  'influx-target.url': ['http://u:p@10.0.0.5', /holds a user or a password/],
  'influx-target.path': ['/write?precision=ms', /without precision=/, { api: 'line-protocol' }],
  'influx-target.proxy': ['proxy:3128', /give an address such as http:\/\/proxy:3128/],
  'iot-target.host': ['mqtt://10.0.0.5', /give the host without mqtt:\/\//],
  'iot-target.clientId': ['', /clientId is empty; with AWS IoT Core it is the name/, { profile: 'aws-iot-core' }],
  'iot-target.identityFolder': [NO_FILE, /none holds no identity; run pm500 cloud enroll/],
  'iot-target.certificateFile': [NO_FILE, /certificate .*none cannot be read/],
  'iot-target.keyFile': [NO_FILE, /belong together/],
  'iot-target.caFile': [NO_FILE, /file of authorities .*none cannot be read/],
  'iot-out.topic': ['a/{meter', /has a brace without its other one/],
  'pm500-sim.csvFile': [NO_FILE, /none/],
};

describe('what the server says of a form', () => {
  const red = new FakeRed();
  registerAdmin(red.api);

  const ask = (body: object): { status: number; body: FormComplaints } => {
    let status = 200;
    let answer: FormComplaints = {};
    const response = {
      status: (code: number) => {
        status = code;
        return response;
      },
      json: (given: FormComplaints) => {
        answer = given;
      },
    };
    red.pages.get('/pm500/form-check')?.page({ body }, response);
    return { status, body: answer };
  };
  const complaintsOf = (type: NodeType, form: object): FormComplaints => ask({ type, form }).body;

  it('is for those who may deploy', () => {
    assert.equal(red.pages.get('/pm500/form-check')?.permission, 'flows.write');
  });

  it('refuses what is no form', () => {
    for (const body of [{}, { type: 'inject', form: {} }, { type: 'pm500-meter' }]) assert.equal(ask(body).status, 400);
  });

  const checked = NODE_TYPES.flatMap((type) =>
    settingsIn(fieldsOf(type)).flatMap(([name, { check, isChecked }]) =>
      check === undefined && isChecked !== true ? [] : [[type, name] as const],
    ),
  );
  for (const [type, name] of checked) {
    it(`${type}.${name} is refused in one sentence, and not where it is hidden, a variable or as it is by default`, () => {
      const wrong = WRONG[`${type}.${name}`];
      assert.ok(wrong !== undefined, 'give it a wrong value above');
      const [value, sentence, beside = {}] = wrong;
      const form = { ...shownWith(type, name), ...beside, [name]: value };
      assert.match(complaintsOf(type, form)[name] ?? 'nothing', sentence);
      assert.equal(complaintsOf(type, { ...form, [name]: '${VARIABLE}' })[name], undefined);
      const { shownWhen } = fieldsOf(type)[name] ?? {};
      if (shownWhen === undefined) assert.equal(complaintsOf(type, {})[name], undefined);
      else assert.equal(complaintsOf(type, { ...form, ...hiding(type, name) })[name], undefined);
    });
  }

  function hiding(type: NodeType, name: string): object {
    const [[other, wanted] = ['', []]] = Object.entries(fieldsOf(type)[name]?.shownWhen ?? {});
    return { [other]: wanted === 'filled' ? '' : 'nothing of these' };
  }

  it('reads what is free text by the rules of the normalizer, each under its field', () => {
    const said = (form: object): FormComplaints => complaintsOf('pm500-normalize', form);
    assert.match(said({ tariff: '{"x":1}' })['tariff'] ?? '', /^tariff/);
    assert.match(said({ tariff: NO_FILE })['tariff'] ?? '', /there is no file .*none/);
    const rule = { id: 'a', metric: 'no_such_metric', condition: 'above', limit: 1, severity: 'info', message: 'm' };
    assert.match(said({ alarmRules: JSON.stringify([rule]) })['alarmRules'] ?? '', /no_such_metric/);
    assert.match(said({ deadband: true, deadbands: '{"nothing": {"absolute": 1}}' })['deadbands'] ?? '', /nothing/);
    assert.match(said({ kpis: ['cost'] })['tariff'] ?? '', /needs a tariff calendar/);
    assert.match(said({ tariff: '{"x":1}', staleSeconds: '-1', shape: 'none' })['tariff'] ?? '', /^tariff/);
    assert.deepEqual(said({ kpis: ['load_factor'], timeZone: 'Europe/Berlin' }), {});
  });

  it('says of each part of a value by its path what is wrong with it, and the first of all by the field', () => {
    const rules = [{ id: 'A' }, { id: 'b', metric: 'frequency', condition: 'above', limit: 50, color: 'red' }, 5];
    const said = complaintsOf('pm500-normalize', { alarmRules: JSON.stringify(rules) });
    assert.deepEqual(Object.keys(said).sort(), ['alarmRules', 'alarmRules[0].id', 'alarmRules[1]', 'alarmRules[2]']);
    assert.match(said['alarmRules[0].id'] ?? '', /^alarmRules\[0\]\.id is "A"/);
    assert.match(said['alarmRules[1]'] ?? '', /"color", which no rule has/);
    assert.equal(said['alarmRules'], said['alarmRules[0].id']);
    const tariff = { timeZone: 'UTC', periods: [{ name: 'a', pricePerKwh: 'x' }], otherwise: 'a' };
    assert.match(
      complaintsOf('pm500-normalize', { tariff: JSON.stringify(tariff) })['tariff.periods[0].pricePerKwh'] ?? '',
      /expected a number/,
    );
  });

  it('takes files that can be read', () => {
    const list = join(folder, 'meters.csv');
    writeFileSync(list, 'name,host\na,10.0.0.5\nb,10.0.0.6 x\n');
    const form = { source: 'file', fleetFile: list };
    assert.match(
      complaintsOf('pm500-poll', form)['fleetFile'] ?? '',
      /Meter "b": "10\.0\.0\.6 x" is neither an address nor a name/,
    );
    writeFileSync(list, 'name,host\na,10.0.0.5\n');
    assert.deepEqual(complaintsOf('pm500-poll', form), {});
  });
});
