import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeHeader, encodeHeader, FORMAT_VERSION, HEADER_BYTES } from '../../src/outbox/disk-format';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import type { OutboxRecord } from '../../src/outbox/outbox';
import { hasCode } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';
import { MemoryFiles } from '../../testkit/delivery/memory-files';
import { plainRecord } from '../../testkit/delivery/plain-record';
import { ROOT } from '../../testkit/root';

interface Layouts {
  /** What waits in each folder, oldest first. */
  readonly waits: readonly OutboxRecord[];
  /** Folders as builds of that day left them when they were killed: files in hexadecimal. */
  readonly layouts: readonly {
    readonly written: string;
    readonly what: string;
    readonly files: Readonly<Record<string, string>>;
  }[];
}

const { waits: WAITS, layouts: LAYOUTS } = JSON.parse(
  readFileSync(join(ROOT, 'test/vectors/outbox/layouts.json'), 'utf8'),
) as Layouts;
const ALL = { maximumRecords: 100, maximumBytes: 1e6 };
const NEXT: OutboxRecord = { payload: 'energy,meter=M active_power_total=9 1767225600009', acceptedAt: 1795507200009 };
/** How often an outbox that cannot be opened is tried again, and more. */
const SOME_TRIES_MS = 10_000;

function put(folder: Readonly<Record<string, string>>): MemoryFiles {
  const files = new MemoryFiles();
  for (const [name, content] of Object.entries(folder)) files.put(name, Buffer.from(content, 'hex'));
  return files;
}

function open(files: MemoryFiles, clock = new FakeClock(), errors: string[] = []): DiskOutbox {
  return openOutbox({
    folder: '/memory',
    limits: { maximumBytes: 1e9 },
    clock,
    logger: { ...silentLogger, error: (message) => void errors.push(message) },
    segmentBytes: 400,
    files: files.process(),
    lock: () => Promise.resolve(() => Promise.resolve()),
  });
}

/** The bytes of all files. */
const bytesOf = (files: MemoryFiles): readonly (readonly [string, string])[] =>
  [...files.names.keys()].sort().map((name) => [name, files.get(name).toString('hex')]);

/** Says of the newest segment that a later version wrote it, or that this one did. */
function sayVersion(files: MemoryFiles, by: number): void {
  const name = [...files.names.keys()].sort().findLast((each) => each.startsWith('segment-')) ?? '';
  const bytes = files.get(name);
  const header = decodeHeader(bytes);
  assert.ok(header !== undefined);
  files.put(name, Buffer.concat([encodeHeader({ ...header, version: by }), bytes.subarray(HEADER_BYTES)]));
}

describe('an update of the package with readings in the outbox', () => {
  for (const { written, what, files: folder } of LAYOUTS) {
    it(`delivers what a build of ${written} accepted (${what}), and what comes next behind it`, async () => {
      const files = put(folder);
      const errors: string[] = [];
      const outbox = open(files, new FakeClock(), errors);
      await outbox.append([NEXT]);
      const batch = await outbox.peek(ALL);
      assert.deepEqual(batch.records.map(plainRecord), [...WAITS, NEXT]);
      assert.equal(outbox.stats().damaged, 0);
      await outbox.acknowledge({ from: batch.from, to: batch.to - 1 });
      await outbox.close();
      const again = open(files);
      assert.deepEqual((await again.peek(ALL)).records.map(plainRecord), [NEXT]);
      await again.close();
      assert.deepEqual(errors, []);
    });
  }

  it('the newest folder is of the present version', () => {
    const { files = {} } = LAYOUTS.at(-1) ?? {};
    const versions = Object.entries(files)
      .filter(([name]) => name.startsWith('segment-'))
      .map(([, content]) => decodeHeader(Buffer.from(content, 'hex'))?.version);
    assert.deepEqual([...new Set(versions)], [FORMAT_VERSION]);
  });
});

describe('a step back to a build that does not know what is in the outbox', () => {
  const LATER = FORMAT_VERSION + 1;

  async function later(): Promise<MemoryFiles> {
    const files = put(LAYOUTS.at(-1)?.files ?? {});
    const outbox = open(files);
    await outbox.append([NEXT]);
    await outbox.peek(ALL);
    files.kill();
    sayVersion(files, LATER);
    return files;
  }

  it('is refused in one sentence that is said once, and takes nothing it could not keep', async () => {
    const files = await later();
    const clock = new FakeClock();
    const errors: string[] = [];
    const outbox = open(files, clock, errors);
    const isRefused = (thrown: unknown): boolean => hasCode(thrown, 'OUTBOX_UNAVAILABLE');
    await assert.rejects(outbox.append([NEXT]), isRefused);
    await clock.advance(SOME_TRIES_MS);
    await assert.rejects(outbox.peek(ALL), isRefused);
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? '', /later version \(format 2, known is 1\): install that version again/);
    assert.equal(outbox.stats().problem?.code, 'OUTBOX_UNAVAILABLE');
    await outbox.close();
  });

  it('changes no byte in the folder, however often it is tried, and all is there when the later build is back', async () => {
    const files = await later();
    const before = bytesOf(files);
    const clock = new FakeClock();
    const outbox = open(files, clock);
    await assert.rejects(outbox.ready());
    await clock.advance(SOME_TRIES_MS);
    await outbox.close();
    assert.deepEqual(bytesOf(files), before);
    sayVersion(files, FORMAT_VERSION);
    const back = open(files);
    assert.deepEqual((await back.peek(ALL)).records.map(plainRecord), [...WAITS, NEXT]);
    await back.close();
  });
});
