import assert from 'node:assert/strict';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { decodeBlock } from '../../src/domain/codec/decode';
import { encodeBlock } from '../../src/domain/codec/encode';
import type { ReadingBlock, Value } from '../../src/domain/messages/reading';
import { growthMegabytes } from './heap-trend';
import { ServedOracle, type TransitLimits } from './served-oracle';
import { PM500 } from '../../src/meters/pm500';

const PLAN = workingLayout(PM500).blocks.get(101)!;
const BEGAN = 1_000_000;

/** What is measured at a moment: every metric differs from every other, and from itself a millisecond later. */
function measuredAt(atMs: number): Record<string, Value> {
  return Object.fromEntries(PLAN.rows.map(({ row }, index) => [row.metric, 100 + index + atMs / 1000]));
}

function bytesAt(atMs: number): Uint8Array {
  return encodeBlock(PLAN, measuredAt(atMs));
}

function blockOf(values: Readonly<Record<string, Value>>, timestamp: number, latencyMs = 10): ReadingBlock {
  return { assembly: 101, group: PLAN.group, timestamp, latencyMs, values, provenance: {} };
}

const explicit: TransitLimits = { comesByItself: false, transitMs: 0, ageMs: 0, stalledMs: () => 0 };
const implicit: TransitLimits = { comesByItself: true, transitMs: 30, ageMs: 200, stalledMs: () => 0 };

describe('the oracle of the soak', () => {
  let oracle: ServedOracle;
  const serve = (atMs: number, bytes = bytesAt(atMs)): void => {
    const values = measuredAt(atMs);
    oracle.take({ assembly: 101, bytes, values, simulatedTimeMs: atMs, timestamp: BEGAN + atMs });
  };
  const read = (atMs: number): Record<string, Value> => decodeBlock(PLAN, bytesAt(atMs)).values;
  beforeEach(() => {
    oracle = new ServedOracle();
    for (const atMs of [0, 100, 200]) serve(atMs);
  });

  it('accepts what was served between request and reply', () => {
    assert.equal(oracle.judge(blockOf(read(100), BEGAN + 105), explicit), undefined);
    assert.equal(oracle.judge(blockOf(read(200), BEGAN + 205), explicit), undefined);
  });

  it('finds a reply that was served before its request, and one from the future', () => {
    assert.match(oracle.judge(blockOf(read(100), BEGAN + 205), explicit) ?? '', /served 105 ms before/);
    assert.match(oracle.judge(blockOf(read(200), BEGAN + 105), explicit) ?? '', /served -95 ms before/);
  });

  it('finds a frame that is older than it says, unless the process stood still meanwhile', () => {
    assert.equal(oracle.judge(blockOf(read(100), BEGAN + 130), implicit), undefined);
    assert.match(oracle.judge(blockOf(read(100), BEGAN + 200), implicit) ?? '', /served 100 ms before/);
    assert.equal(oracle.judge(blockOf(read(100), BEGAN + 200), { ...implicit, stalledMs: () => 70 }), undefined);
  });

  it('finds data that lay there for too long', () => {
    assert.match(oracle.judge(blockOf(read(200), BEGAN + 201, 250), implicit) ?? '', /250 ms old/);
  });

  it('finds values of two frames in one block, and two phases that were exchanged', () => {
    const mixed = { ...read(200), current_l1: read(100)['current_l1']! };
    assert.match(
      oracle.judge(blockOf(mixed, BEGAN + 205), explicit) ?? '',
      /no frame says all of .*current_l1 .* 105 ms/,
    );
    const { current_l1: first = 0, current_l2: second = 0, ...rest } = read(200);
    const exchanged = { ...rest, current_l1: second, current_l2: first };
    assert.match(oracle.judge(blockOf(exchanged, BEGAN + 205), explicit) ?? '', /never served/);
  });

  it('finds a single bit, and a metric that is missing', () => {
    const values = read(200);
    const nearly = { ...values, voltage_l1_n: Number(values['voltage_l1_n']) * (1 + 2 ** -23) };
    assert.match(oracle.judge(blockOf(nearly, BEGAN + 205), explicit) ?? '', /voltage_l1_n .* never served/);
    const fewer = Object.fromEntries(Object.entries(values).filter(([name]) => name !== 'voltage_l1_n'));
    assert.match(oracle.judge(blockOf(fewer, BEGAN + 205), explicit) ?? '', /no frame says/);
  });

  it('finds frames that go backward', () => {
    assert.equal(oracle.judge(blockOf(read(200), BEGAN + 205), { ...implicit, transitMs: 300 }), undefined);
    const back = oracle.judge(blockOf(read(100), BEGAN + 206), { ...implicit, transitMs: 300 });
    assert.match(back ?? '', /older than the block before/);
  });

  it('finds a meter that puts a value in the wrong place', () => {
    const values = measuredAt(300);
    const wrong = { ...values, current_l1: values['current_l2']!, current_l2: values['current_l1']! };
    serve(300, encodeBlock(PLAN, wrong));
    const shown = decodeBlock(PLAN, encodeBlock(PLAN, wrong)).values;
    assert.match(oracle.judge(blockOf(shown, BEGAN + 300), explicit) ?? '', /current_l1 is 109.\d+, measured 108/);
  });

  it('finds values in a block that failed', () => {
    const failed = { ...blockOf(read(200), BEGAN + 205), error: { code: 'METER_CLOSED', message: '' } as const };
    assert.match(oracle.judge(failed, explicit) ?? '', /failed values/);
    assert.equal(oracle.judge({ ...failed, values: {} }, explicit), undefined);
  });

  it('counts frames that cannot be told apart though the values are new', () => {
    serve(300, bytesAt(200));
    assert.equal(oracle.alike, 1);
  });
});

describe('the trend of a heap', () => {
  it('is flat for garbage that comes and goes, and grows with a leak', () => {
    const samples = (bytesAt: (index: number) => number) =>
      Array.from({ length: 16 }, (_, index) => ({ atMs: 1000 * index, bytes: bytesAt(index) }));
    const noise = (index: number): number => 20e6 + 300_000 * (index % 2);
    assert.ok(Math.abs(growthMegabytes(samples(noise))) < 0.2);
    assert.ok(growthMegabytes(samples((index) => noise(index) + 400_000 * index)) > 5);
  });
});
