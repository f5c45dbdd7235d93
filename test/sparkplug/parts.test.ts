import assert from 'node:assert/strict';
import { TimerSet } from '../../src/support/timer-set';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AliasBlocks, DeviceAliases } from '../../src/sparkplug/edge/alias';
import { type BdSeqCounter, createBdSeqCounter } from '../../src/sparkplug/session/bd-seq';
import { fileSessionStore, memorySessionStore } from '../../src/sparkplug/session/session-store';
import { BirthAlarm } from '../../src/sparkplug/session/birth-alarm';
import { DeviceUsers } from '../../src/sparkplug/session/device-users';
import { HostWatch } from '../../src/sparkplug/edge/host-state';
import { explainMqttError, explainServerDisconnect } from '../../src/mqtt/mqtt-errors';
import { checkId, deviceTopic, nodeTopic, parseTopic, stateTopic } from '../../src/sparkplug/edge/topic';
import { CATALOG } from '../../src/metrics/catalog';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { FIRST_CUSTOM_INDEX } from '../../src/sparkplug/metrics/metrics';
import { hasCode } from '../../src/support/errors';
import { keptClientId } from '../../src/sparkplug/mqtt/client-id';
import { silentLogger } from '../../src/support/logger';
import { hostState, sample } from '../../testkit/sparkplug/samples';
import { FakeClock } from '../../testkit/fake-clock';
import { ROOT } from '../../testkit/root';

describe('topics', () => {
  const node = { groupId: 'G 1', edgeNodeId: 'N' };

  it('are made and taken apart', () => {
    assert.equal(nodeTopic('NBIRTH', node), 'spBv1.0/G 1/NBIRTH/N');
    assert.equal(deviceTopic('DDATA', node, 'D'), 'spBv1.0/G 1/DDATA/N/D');
    assert.equal(stateTopic('host'), 'spBv1.0/STATE/host');
    assert.deepEqual(parseTopic('spBv1.0/G 1/NCMD/N'), { type: 'NCMD', node });
    assert.deepEqual(parseTopic('spBv1.0/G 1/DCMD/N/D'), { type: 'DCMD', node, deviceId: 'D' });
    assert.deepEqual(parseTopic('spBv1.0/STATE/host'), { type: 'STATE', hostId: 'host' });
    for (const topic of [
      '',
      'spAv1.0/G/NCMD/N',
      'spBv1.0/G/DCMD/N',
      'spBv1.0/G/NCMD/N/D',
      'spBv1.0/G/XCMD/N',
      'spBv1.0//NCMD/N',
    ]) {
      assert.equal(parseTopic(topic), undefined, topic);
    }
  });

  it('refuse IDs that MQTT or Sparkplug do not allow, naming the ID', () => {
    for (const id of ['', 'a/b', 'a+b', 'a#', 'a\u0000b', 'a\nb', '\ud800', 'x'.repeat(2000)]) {
      assert.throws(
        () => {
          checkId('device ID', id);
        },
        (thrown) => hasCode(thrown, 'SPARKPLUG_ID_INVALID') && (thrown as Error).message.includes('device ID'),
        JSON.stringify(id),
      );
    }
    for (const id of ['a', 'Größe 1', 'line-1:meter.2', '测量']) checkId('device ID', id);
  });
});

function taken(counter: BdSeqCounter): number {
  const { next } = counter;
  counter.take();
  return next;
}

describe('client ID', () => {
  it('is kept beside bdSeq over restarts, and another one on another computer', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pm500-client-'));
    try {
      const open = () => fileSessionStore(join(folder, 'edge.bdseq'), silentLogger);
      const first = keptClientId(open(), 'gateway', Math.random);
      createBdSeqCounter(open()).take();
      assert.equal(keptClientId(open(), 'gateway', Math.random), first);
      assert.equal(createBdSeqCounter(open()).next, 1);
      assert.notEqual(keptClientId(open(), 'copy', Math.random), first);
      assert.equal(createBdSeqCounter(open()).next, 1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('bdSeq', () => {
  it('starts at 0 and follows 255 with 0', () => {
    const counter = createBdSeqCounter(memorySessionStore());
    const numbers = Array.from({ length: 258 }, () => taken(counter));
    assert.deepEqual([numbers[0], numbers[255], numbers[256], numbers[257]], [0, 255, 0, 1]);
  });

  it('goes on after a restart, and starts again where the file is damaged', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pm500-bdseq-'));
    const path = join(folder, 'deep', 'edge.bdseq');
    try {
      const first = createBdSeqCounter(fileSessionStore(path, silentLogger));
      assert.deepEqual([taken(first), taken(first)], [0, 1]);
      const second = createBdSeqCounter(fileSessionStore(path, silentLogger));
      assert.deepEqual([second.next, taken(second)], [2, 2]);
      assert.equal(readFileSync(path, 'utf8'), '{"bdSeq":2}\n');
      writeFileSync(path, '7\n');
      assert.equal(createBdSeqCounter(fileSessionStore(path, silentLogger)).next, 8, 'as earlier versions wrote it');
      for (const damage of ['', '256', '-1', 'x', '1.5', '{"bdSeq":256}', '{"bdSeq":"1"}', '[]']) {
        writeFileSync(path, damage);
        const warnings: string[] = [];
        const store = fileSessionStore(path, { ...silentLogger, warn: (message) => void warnings.push(message) });
        assert.equal(createBdSeqCounter(store).next, 0);
        assert.equal(warnings.length, 1);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('counts on, complaining once, where nothing can be written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pm500-bdseq-'));
    try {
      writeFileSync(join(folder, 'file'), '');
      const warnings: string[] = [];
      const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
      const counter = createBdSeqCounter(fileSessionStore(join(folder, 'file', 'below'), logger));
      assert.deepEqual([taken(counter), taken(counter), taken(counter)], [0, 1, 2]);
      assert.equal(warnings.length, 1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('aliases', () => {
  it('are unique over all devices, also past a block, and the same for the same name', () => {
    const blocks = new AliasBlocks();
    const seen = new Set<number>();
    let names = 0;
    for (const device of [new DeviceAliases(blocks), new DeviceAliases(blocks)]) {
      for (const { name } of CATALOG) seen.add(device.of(name));
      for (let index = 0; index < 9000; index++) {
        seen.add(device.of(`custom_${index}`));
        assert.equal(device.of(`custom_${index}`), device.of(`custom_${index}`));
      }
      names += CATALOG.length + 9000;
    }
    assert.equal(seen.size, names);
  });

  it('do not depend on the order in which canonical metrics arrive', () => {
    const [forward, backward] = [new DeviceAliases(new AliasBlocks()), new DeviceAliases(new AliasBlocks())];
    const names = ALL_METRICS.map(({ name }) => name);
    const expected = names.map((name) => forward.of(name));
    const actual = names.toReversed().map((name) => backward.of(name));
    assert.deepEqual(actual.toReversed(), expected);
  });

  it('of canonical metrics are those on record, so that hosts need not learn them anew after an update', () => {
    const path = join(ROOT, 'test/vectors/sparkplug-aliases.json');
    const recorded = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, number>>;
    const device = new DeviceAliases(new AliasBlocks());
    const names = ALL_METRICS.map(({ name }) => name);
    for (const [name, alias] of Object.entries(recorded)) {
      assert.ok(names.includes(name), `${name} is gone: its alias must stay unused, also on this record`);
      assert.equal(device.of(name), alias, `${name} had alias ${alias}: correct its column`);
    }
    const missing = names.filter((name) => recorded[name] === undefined);
    assert.deepEqual(
      missing,
      [],
      `add ${missing.map((name) => `"${name}": ${device.of(name)}`).join(', ')} to ${path}`,
    );
    const aliases = Object.values(recorded);
    assert.equal(new Set(aliases).size, aliases.length);
    assert.ok(Math.max(...aliases) < device.of('a first metric of a flow'));
    assert.equal(device.of('a first metric of a flow') % FIRST_CUSTOM_INDEX, 0);
  });
});

describe('primary host', () => {
  it('counts by the order of its own times', () => {
    const watch = new HostWatch('scada');
    assert.equal(watch.isOnline, false);
    assert.ok(watch.take(hostState(true, 10)).isTaken);
    assert.deepEqual(watch.take(hostState(false, 9)), { isTaken: false });
    assert.ok(watch.isOnline);
    assert.ok(watch.take(hostState(false, 10)).isTaken);
    assert.equal(watch.isOnline, false);
  });

  it('says once why a host whose clock was set back does not count', () => {
    const watch = new HostWatch('scada');
    watch.take(hostState(false, 5000));
    const { isTaken, warning } = watch.take(hostState(true, 1000));
    assert.equal(isTaken, false);
    assert.match(warning?.text ?? '', /"scada".*1970-01-01T00:00:01.000Z.*1970-01-01T00:00:05.000Z.*correct the clock/);
    assert.deepEqual(watch.take(hostState(true, 2000)), { isTaken: false });
    assert.ok(watch.take(hostState(true, 5000)).isTaken);
  });

  it('reads the words of Sparkplug 2.2 where that is chosen, and says once that a host speaks another version', () => {
    const old = new HostWatch('scada', '2.2');
    assert.deepEqual([old.topic, old.otherTopic], ['STATE/scada', 'spBv1.0/STATE/scada']);
    assert.ok(old.take(Buffer.from('ONLINE')).isTaken);
    assert.ok(old.isOnline);
    assert.ok(old.take(Buffer.from('OFFLINE')).isTaken);
    for (const word of ['online', '', 'ONLINE '.repeat(1000), '{"online":true,"timestamp":1}']) {
      assert.equal(old.take(Buffer.from(word)).isTaken, false, word.slice(0, 20));
    }
    assert.equal(old.isOnline, false);
    assert.match(old.takeOther().warning?.text ?? '', /choose 3\.0 as the version/);
    const recent = new HostWatch('scada');
    assert.match(
      recent.takeOther().warning?.text ?? '',
      /speaks on STATE\/scada, as Sparkplug 2\.2 has it.*choose 2\.2/,
    );
    assert.deepEqual(recent.takeOther(), { isTaken: false });
  });

  it('says once that nothing came of a host', () => {
    const watch = new HostWatch('scada');
    assert.match(
      watch.explainSilence().warning?.text ?? '',
      /spBv1\.0\/STATE\/scada; check that the host has this ID.*\(on STATE\/scada\).*choose 2\.2/,
    );
    assert.match(new HostWatch('scada', '2.2').explainSilence().warning?.text ?? '', /on STATE\/scada; .*choose 3\.0/);
    assert.deepEqual(watch.explainSilence(), { isTaken: false });
    watch.take(hostState(false, 1));
    assert.deepEqual(new HostWatch('x').take(Buffer.from('y')).isTaken, false);
    assert.deepEqual(watch.explainSilence(), { isTaken: false });
  });
});

describe('device users', () => {
  it('say that a device is gone when the last of them has left it', () => {
    const removed: string[] = [];
    const users = new DeviceUsers({
      watch: () => () => Promise.resolve(),
      publish: () => undefined,
      remove: (deviceId) => void removed.push(deviceId),
    });
    const [first, second] = [users.open(), users.open()];
    first.publish('shared', [sample('a', 1)]);
    second.publish('shared', [sample('b', 1)]);
    first.publish('own', [sample('a', 1)]);
    first.close();
    first.close();
    assert.deepEqual(removed, ['own']);
    second.close();
    assert.deepEqual(removed, ['own', 'shared']);
  });

  it('do not keep a device whose values were refused', () => {
    const removed: string[] = [];
    const users = new DeviceUsers({
      watch: () => () => Promise.resolve(),
      publish: () => {
        throw new TypeError('refused');
      },
      remove: (deviceId) => void removed.push(deviceId),
    });
    const user = users.open();
    assert.throws(() => user.publish('M', [sample('a', 1)]), /refused/);
    user.close();
    assert.deepEqual(removed, []);
  });
});

describe('birth alarm', () => {
  function bench() {
    const clock = new FakeClock();
    const logged: string[] = [];
    const log = (message: string): void => void logged.push(message);
    const logger = { debug: log, info: log, warn: log, error: log };
    const changes: (string | undefined)[] = [];
    const alarm: BirthAlarm = new BirthAlarm(
      { groupId: 'G', edgeNodeId: 'N' },
      new TimerSet(clock),
      logger,
      () => void changes.push(alarm.error?.code),
    );
    return { clock, logged, changes, alarm };
  }

  it('says once that births do not come back, and ends when one does', async () => {
    const { clock, logged, changes, alarm } = bench();
    alarm.watch(Promise.resolve());
    for (let birth = 0; birth < 3; birth++) {
      alarm.onBirth('broker:1883');
      await clock.advance(10_000);
    }
    assert.deepEqual(changes, ['SPARKPLUG_BIRTH_NOT_RETURNED']);
    assert.equal(logged.length, 1);
    alarm.onBirth('broker:1883');
    alarm.onReturned();
    assert.deepEqual(changes, ['SPARKPLUG_BIRTH_NOT_RETURNED', undefined]);
    await clock.advance(60_000);
    assert.equal(alarm.error, undefined);
  });

  it('expects nothing back where the own topic may not be read, or the session is over', async () => {
    const { clock, logged, changes, alarm } = bench();
    alarm.watch(Promise.reject(new Error('The broker refused it.')));
    alarm.onBirth('broker:1883');
    await clock.advance(60_000);
    assert.match(logged.join(), /refused it\. Without it, another edge node with the same IDs goes unnoticed/);
    alarm.endSession();
    alarm.watch(Promise.resolve());
    alarm.onBirth('broker:1883');
    alarm.endSession();
    await clock.advance(60_000);
    assert.deepEqual(changes, []);
  });

  it('stays for a while after the birth of another edge node', async () => {
    const { clock, changes, alarm } = bench();
    alarm.onForeign('broker:1883');
    await clock.advance(400_000);
    alarm.onForeign('broker:1883');
    await clock.advance(400_000);
    assert.equal(alarm.error?.code, 'SPARKPLUG_ID_DUPLICATE');
    await clock.advance(300_000);
    assert.deepEqual(changes, ['SPARKPLUG_ID_DUPLICATE', undefined]);
  });
});

describe('MQTT errors', () => {
  const withCode = (message: string, code: string | number): Error => Object.assign(new Error(message), { code });

  it('become coded sentences that name the broker', () => {
    const cases: readonly (readonly [unknown, string, RegExp])[] = [
      [withCode('Connection refused: Not authorized', 5), 'MQTT_REFUSED', /user name, password/],
      [withCode('Connection refused: Bad username or password', 4), 'MQTT_REFUSED', /wrong/],
      [withCode('Connection refused: ?', 99), 'MQTT_REFUSED', /reason 99/],
      [withCode('connect ECONNREFUSED', 'ECONNREFUSED'), 'MQTT_UNREACHABLE', /nothing listens/],
      [withCode('getaddrinfo ENOTFOUND', 'ENOTFOUND'), 'MQTT_UNREACHABLE', /host name/],
      [new Error('connack timeout'), 'MQTT_UNREACHABLE', /did not answer/],
      [withCode('certificate has expired', 'CERT_HAS_EXPIRED'), 'MQTT_TLS_FAILED', /expired/],
      [withCode('wrong version number', 'ERR_SSL_WRONG_VERSION_NUMBER'), 'MQTT_TLS_FAILED', /TLS/],
      [withCode('write EPROTO', 'EPROTO'), 'MQTT_TLS_FAILED', /EPROTO/],
      [
        new Error('Invalid header flag bits, must be 0x0 for puback packet'),
        'MQTT_UNREACHABLE',
        /broker:1883 does not speak MQTT there; check the port/,
      ],
      [new Error('Keepalive timeout'), 'MQTT_CONNECTION_LOST', /Keepalive timeout/],
      [undefined, 'MQTT_CONNECTION_LOST', /closed it/],
    ];
    for (const [thrown, code, sentence] of cases) {
      const error = explainMqttError(thrown, 'broker:1883');
      assert.equal(error.code, code);
      assert.match(error.message, sentence);
      assert.match(error.message, /broker:1883/);
    }
  });

  /** As Node.js 20 says it, of what `openssl s_server` had sent. */
  const alert = (reason: string, number: number): string =>
    `809C0B0A647F0000:error:0A000415:SSL routines:ssl3_read_bytes:${reason}:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1601:SSL alert number ${number}\n`;

  it('say what an alert of TLS means, while it is read and while something is written', () => {
    for (const [number, reason, sentence] of [
      [40, 'sslv3 alert handshake failure', /wants a client certificate/],
      [42, 'sslv3 alert bad certificate', /does not accept the client certificate/],
      [44, 'sslv3 alert certificate revoked', /client certificate was revoked; have a new one made/],
      [45, 'sslv3 alert certificate expired', /client certificate has expired; renew it/],
      [48, 'tlsv1 alert unknown ca', /does not know the CA of the client certificate/],
      [70, 'tlsv1 alert protocol version', /no version of TLS that is spoken here/],
      [112, 'tlsv1 unrecognized name', /not known there by this name/],
      [116, 'tlsv13 alert certificate required', /wants a client certificate; add/],
      [120, 'tlsv1 alert no application protocol', /does not speak MQTT over TLS on this port/],
      [80, 'tlsv1 alert internal error', /: tlsv1 alert internal error \(/],
    ] as const) {
      const read = withCode(alert(reason, number), 'ERR_SSL_ALERT');
      const written = withCode(`write EPROTO ${alert(reason, number)}`, 'EPROTO');
      for (const thrown of [read, written]) {
        const error = explainMqttError(thrown, 'broker:8883');
        assert.equal(error.code, 'MQTT_TLS_FAILED');
        assert.match(error.message, sentence);
        assert.doesNotMatch(error.message, /\n|rec_layer|0A000/);
      }
    }
  });

  it('do not send whoever has a wrong file to the log of the broker', () => {
    const thrown = withCode('error:05800074:x509 certificate routines::key values mismatch', 'ERR_OSSL_X509_KEY');
    const { message } = explainMqttError(thrown, 'broker:8883');
    assert.match(message, /cannot be used \(key values mismatch\); correct them in the TLS settings\.$/);
  });

  it('say what an MQTT 5 broker means by its DISCONNECT, which is nothing below 128', () => {
    for (const [code, sentence] of [
      [4, /it gave no reason/],
      [144, /does not take this topic/],
      [150, /messages come too fast/],
      [152, /a person or a program there/],
      [155, /QoS 1/],
      [128, /the reason 128/],
    ] as const)
      assert.match(explainServerDisconnect(code, 'broker:1883').message, sentence);
  });
});
