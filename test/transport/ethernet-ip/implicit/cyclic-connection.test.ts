import assert from 'node:assert/strict';
import { Pm500Error } from '../../../../src/support/errors';
import { CyclicConnection } from '../../../../src/transport/ethernet-ip/implicit/cyclic-connection';
import {
  decodeCyclicFrame,
  encodeCyclicFrame,
  type CyclicFrame,
} from '../../../../src/transport/ethernet-ip/wire/cyclic-frame';
import { rejectsWith } from '../../../../testkit/expect-error';
import { STATES, VOLTAGES } from '../../../../testkit/meters/explicit-bench';
import { FakeClock } from '../../../../testkit/fake-clock';

const SETTINGS = {
  what: 'Receiving assembly 108 of 192.0.2.1:44818',
  block: STATES,
  heartbeatId: 77,
  heartbeatMs: 100,
  intervalMs: 100,
  watchdogMs: 400,
  maximumAgeMs: 200,
  readTimeoutMs: 1000,
};

describe('class 1 connection of an originator', () => {
  let clock: FakeClock;
  let heartbeats: CyclicFrame[];
  let silent: Pm500Error[];
  let connection: CyclicConnection;

  const receive = (sequence: number, first: number, length = 4): void => {
    const data = Buffer.alloc(length, first);
    connection.take(
      decodeCyclicFrame(encodeCyclicFrame({ connectionId: 1, sequence, count: sequence & 0xffff, data })),
    );
  };
  const read = async (): Promise<number> => (await connection.receive(STATES)).bytes[0]!;

  beforeEach(() => {
    clock = new FakeClock();
    heartbeats = [];
    silent = [];
    connection = new CyclicConnection(SETTINGS, clock, {
      send: (frame) => heartbeats.push(decodeCyclicFrame(Buffer.from(frame))),
      onSilent: (error) => silent.push(error),
    });
  });

  it('sends heartbeats without data at the interval that the target gave, numbered one by one', async () => {
    assert.equal(heartbeats.length, 1, 'the first one at once');
    for (let step = 1; step <= 30; step++) {
      receive(step, 1);
      await clock.advance(100);
    }
    assert.equal(heartbeats.length, 31);
    heartbeats.forEach(({ connectionId, sequence, count, data }, index) => {
      assert.deepEqual([connectionId, sequence, count, data.length], [77, index + 1, index + 1, 0]);
    });
  });

  it('gives the newest data, and a copy of its own to everybody', async () => {
    receive(1, 10);
    receive(2, 20);
    const { bytes } = await connection.receive(STATES);
    assert.equal(bytes[0], 20);
    bytes.fill(0);
    assert.equal(await read(), 20);
  });

  it('waits for data when what is there is too old', async () => {
    receive(1, 10);
    await clock.advance(200);
    assert.equal(await read(), 10);
    await clock.advance(1);
    const waiting = Promise.all([read(), read()]);
    receive(2, 20);
    assert.deepEqual(await waiting, [20, 20]);
  });

  it('tells when the frame came, however much later it is read', async () => {
    await clock.advance(300);
    receive(1, 10);
    await clock.advance(150);
    assert.equal((await connection.receive(STATES)).arrivedAt, 300);
    await clock.advance(51);
    const waiting = connection.receive(STATES);
    await clock.advance(30);
    receive(2, 20);
    await clock.advance(5);
    assert.equal((await waiting).arrivedAt, 531);
  });

  it('drops frames that come twice, late or out of order', async () => {
    receive(5, 50);
    receive(7, 70);
    receive(6, 60);
    receive(7, 71);
    receive(4, 40);
    assert.equal(await read(), 70);
    assert.deepEqual(connection.statistics, { frames: 2, missed: 1, stale: 3, misfits: 0, heartbeats: 1 });
  });

  it('counts lost frames, over the wrap of the counter too', async () => {
    receive(0xffff_fffe, 1);
    receive(0xffff_ffff, 2);
    receive(1, 3);
    assert.equal(await read(), 3);
    assert.deepEqual(connection.statistics, { frames: 3, missed: 1, stale: 0, misfits: 0, heartbeats: 1 });
  });

  it('is lost when nothing comes for as long as the watchdog allows, and not before', async () => {
    receive(1, 1);
    await clock.advance(399);
    receive(2, 2);
    await clock.advance(399);
    assert.equal(silent.length, 0);
    const waiting = rejectsWith(connection.receive(STATES), 'ENIP_REPLY_TIMEOUT');
    await clock.advance(1);
    assert.equal(silent.length, 1);
    assert.match(silent[0]!.message, /assembly 108 .*within 400 ms.*PLC still reads/);
    await waiting;
    await rejectsWith(connection.receive(STATES), 'ENIP_REPLY_TIMEOUT');
    const sent = heartbeats.length;
    receive(3, 3);
    await clock.advance(5000);
    assert.deepEqual([heartbeats.length, silent.length, clock.pending], [sent, 1, 0]);
  });

  it('bears half the silence once it is suspected to be forgotten, until a frame comes', async () => {
    receive(1, 1);
    await clock.advance(150);
    connection.suspect(false);
    await clock.advance(49);
    receive(2, 2);
    await clock.advance(399);
    assert.equal(silent.length, 0, 'the frame has cleared it');
    receive(3, 3);
    await clock.advance(250);
    connection.suspect(false);
    await clock.advance(0);
    assert.equal(silent.length, 1, 'it has been silent for longer than half the time');
    connection.suspect(false);
    assert.equal(clock.pending, 0);
  });

  it('bears no third frame that is missing once nothing speaks for it', async () => {
    const ended: number[] = [];
    const patient = new CyclicConnection({ ...SETTINGS, watchdogMs: 1600 }, clock, {
      send: () => undefined,
      onSilent: () => ended.push(clock.monotonic() - startedAt),
    });
    const startedAt = clock.monotonic();
    await clock.advance(240);
    assert.equal(patient.isQuiet, false);
    patient.suspect(true);
    await clock.advance(9);
    assert.deepEqual(ended, []);
    await clock.advance(1);
    assert.deepEqual(ended, [250]);
  });

  it('is not kept alive by stale frames', async () => {
    receive(9, 1);
    for (let step = 0; step < 4; step++) {
      await clock.advance(100);
      receive(9, 1);
      receive(8, 1);
    }
    assert.equal(silent.length, 1);
  });

  it('says so when data has another length than the layout, and takes no such data', async () => {
    const waiting = rejectsWith(connection.receive(STATES), 'METER_SIZE_MISMATCH');
    receive(1, 1, 8);
    const error = await waiting;
    assert.deepEqual(error.details, { assembly: 108, gotBytes: 8, expectedBytes: 4 });
    receive(2, 2);
    assert.equal(await read(), 2);
    await rejectsWith(connection.receive({ ...VOLTAGES, instance: 108 }), 'METER_SIZE_MISMATCH');
  });

  it('gives a read up in time, or when its signal aborts', async () => {
    const patient = new CyclicConnection({ ...SETTINGS, watchdogMs: 60_000 }, clock, {
      send: () => undefined,
      onSilent: () => undefined,
    });
    const timedOut = rejectsWith(patient.receive(STATES), 'ENIP_REPLY_TIMEOUT');
    const controller = new AbortController();
    const aborted = rejectsWith(patient.receive(STATES, controller.signal), 'ABORTED');
    controller.abort();
    await aborted;
    await clock.advance(1000);
    await timedOut;
    patient.stop(new Pm500Error('METER_CLOSED', 'The connection was closed.'));
  });

  it('hears a frame that arrived in time for a read whose timer ran first, after the process was busy', async () => {
    const patient = new CyclicConnection({ ...SETTINGS, watchdogMs: 60_000 }, clock, {
      send: () => undefined,
      onSilent: () => undefined,
    });
    const waiting = patient.receive(STATES);
    // Behind the timer of the read, as what waits in a socket is behind the timers of a late loop.
    clock.after(SETTINGS.readTimeoutMs, () => {
      const data = Buffer.alloc(4, 9);
      patient.take(decodeCyclicFrame(encodeCyclicFrame({ connectionId: 1, sequence: 1, count: 1, data })));
    });
    const outcome = waiting.then(({ bytes }) => bytes[0]);
    await clock.advance(SETTINGS.readTimeoutMs);
    assert.equal(await outcome, 9);
    patient.stop(new Pm500Error('METER_CLOSED', 'The connection was closed.'));
    connection.stop(new Pm500Error('METER_CLOSED', 'The connection was closed.'));
    assert.equal(clock.pending, 0, 'the last chance is given back');
  });

  it('leaves no timer behind', async () => {
    const error = new Pm500Error('METER_CLOSED', 'The connection was closed.');
    const waiting = connection.receive(STATES).catch((thrown: unknown) => thrown);
    connection.stop(error);
    connection.stop(error);
    assert.equal(await waiting, error);
    assert.equal(clock.pending, 0);
  });
});
