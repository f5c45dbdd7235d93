import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DELIVERY, type DeliveryDiagnostics } from '../../src/delivery/diagnostics';
import { normalizeReading } from '../../src/domain/quality/normalize';
import { seededRandom } from '../../src/support/random';
import { OtherSide, type Judgment } from '../../testkit/links/other-side';
import { sampleReading } from '../../testkit/meters/readings';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';
import { describeDelivery, onEngine } from '../conformance/delivery.suite';
import { boardDestination } from './board';
import { registerBoard } from './nodes';

/** The board itself: an HTTP server that answers as the other side judges. */
class Board {
  private readonly server: Server = createServer((request, response) => {
    let body = '';
    request
      .setEncoding('utf8')
      .on('data', (chunk: string) => (body += chunk))
      .on('end', () => {
        const [status, words] = answerOf(this.other.take(body.split('\n')));
        response.writeHead(status).end(words === undefined ? undefined : JSON.stringify(words));
      });
  });

  constructor(private readonly other: OtherSide) {}

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }
}

function answerOf(judgment: Judgment): readonly [status: number, words?: object] {
  switch (judgment.kind) {
    case 'taken':
      return [204];
    case 'away':
      return [503];
    case 'failed':
      return [500];
    case 'too large':
      return [413];
    case 'refused': {
      const { places, tells } = judgment;
      return [422, tells === 'names' ? { refused: places } : tells === 'count' ? { count: places.length } : {}];
    }
  }
}

describeDelivery('a made-up sink by HTTP', { refuses: true, isolates: true }, async (other, logger) => {
  const board = new Board(other);
  await board.start();
  return onEngine(
    boardDestination(board.url),
    (number) => JSON.stringify({ number }),
    logger,
    () => board.stop(),
  );
});

describe('a made-up sink as nodes, of serialize, judge and send alone', function () {
  this.timeout(60_000);
  const TELEMETRY = normalizeReading(sampleReading([101], seededRandom(1)));
  const COUNT = Object.keys(TELEMETRY.metrics).length;
  let other: OtherSide;
  let board: Board;
  let red: FakeRed;
  let target: FakeNode;
  let out: FakeNode;

  beforeEach(async () => {
    other = new OtherSide();
    board = new Board(other);
    await board.start();
    red = new FakeRed({ userDir: temporaryFolder('made-up-sink') });
    registerBoard(red.api);
    target = red.create('board-target', { id: 'board', url: board.url });
    red.configurations.set('board', target);
    out = red.create('board-out', { id: 'out', target: 'board' });
  });

  afterEach(async () => {
    await Promise.all([target.close(true), out.close(true)]);
    await board.stop();
    removeFolder(red.settings.userDir ?? '');
  });

  const shows = async (fill: string, text: RegExp): Promise<void> => {
    await waitFor(
      `${fill} ${text.source}`,
      () => out.lastStatus?.fill === fill && text.test(out.lastStatus.text ?? ''),
      {
        everyMs: 5,
      },
    );
  };
  const told = (): readonly DeliveryDiagnostics[] => out.sent.map(({ payload }) => DELIVERY.parse(payload));
  const metricsPage = (): string => {
    let body = '';
    const response = { type: () => response, send: (text: string) => void (body = text) };
    red.pages.get('/pm500/metrics')?.page({}, response);
    return body;
  };
  const metric = (name: string): number => {
    const [, value] =
      new RegExp(`^pm500_delivery_${name}\\{target="board",node="board"\\} (.*)$`, 'm').exec(metricsPage()) ?? [];
    return Number(value);
  };

  it('show what was written, and tell Prometheus until they are removed', async () => {
    assert.equal(out.lastStatus?.text, 'ready');
    assert.equal((await out.receive({ payload: TELEMETRY })).error, undefined);
    await shows('green', new RegExp(`^written: ${COUNT}$`));
    assert.equal(other.stored.size, COUNT);
    assert.deepEqual([metric('up'), metric('written_records_total'), metric('waiting_records')], [1, COUNT, 0]);
    await Promise.all([target.close(true), out.close(true)]);
    assert.doesNotMatch(metricsPage(), /node="board"/);
  });

  it('keep everything through an outage, show it, and send diagnostics of both its ends', async () => {
    other.rule = () => ({ kind: 'away' });
    await out.receive({ payload: TELEMETRY });
    await shows('yellow', new RegExp(`^away, ${COUNT} queued$`));
    assert.equal(metric('up'), 0);
    other.rule = () => ({ kind: 'taken' });
    await shows('green', /^written/);
    await waitFor('diagnostics', () => told().length === 2);
    assert.deepEqual(
      told().map(({ schema, state, lastError }) => [schema, state === 'retrying', lastError?.code]),
      [
        ['pm500.delivery/1', true, 'INTERNAL'],
        ['pm500.delivery/1', false, undefined],
      ],
    );
  });

  it('set aside what is refused, with the reason, for the Catch node and in a file', async () => {
    other.refuse((payload) => payload.includes('"current_l2"'), 'names');
    await out.receive({ payload: TELEMETRY });
    await shows('yellow', /^refused: 1$/);
    assert.match(String(out.errors[0]), /The board answered with HTTP 422/);
    const file = readFileSync(join(red.settings.userDir ?? '', 'pm500/refused/board.json'), 'utf8');
    assert.match(
      file,
      /^# .* INTERNAL The board answered with HTTP 422.*\n\{"meter":"main-incomer","metric":"current_l2"/,
    );
    assert.deepEqual([metric('refused_records_total'), metric('set_aside_records_total')], [1, 1]);
  });

  it('count what is lost, show it red while it goes on, and tell its cause', async () => {
    other.rule = () => ({ kind: 'away' });
    for (let at = 0; at < 200; at++) await out.receive({ payload: TELEMETRY });
    await shows('red', /^lost: /);
    await waitFor('diagnostics', () => (told().at(-1)?.losses.size ?? 0) > 0);
    const lost = /_lost_records_total\{target="board",node="board",cause="size"\} (\d+)/.exec(metricsPage())?.[1];
    assert.equal(Number(lost) + metric('waiting_records'), 200 * COUNT);
    assert.ok(
      target.warnings.some((warning) =>
        String(warning).includes('dropped before the board took them: the outbox is full'),
      ),
    );
  });

  it('refuse a message in one sentence, and pass over what is not for sinks', async () => {
    for (const payload of [5, { a: 1 }, { schema: 'pm500.reading/1' }]) {
      assert.equal(((await out.receive({ payload })).error as { code?: string }).code, 'MESSAGE_INVALID');
      assert.deepEqual([out.lastStatus?.fill, out.lastStatus?.text], ['red', 'message refused']);
    }
    assert.equal((await out.receive({ payload: { schema: 'pm500.diagnostics/1' } })).error, undefined);
  });

  it('keep what waits over a deployment', async () => {
    other.rule = () => ({ kind: 'away' });
    await out.receive({ payload: TELEMETRY });
    await Promise.all([target.close(), out.close()]);
    other.rule = () => ({ kind: 'taken' });
    target = red.create('board-target', { id: 'board', url: board.url });
    red.configurations.set('board', target);
    out = red.create('board-out', { id: 'out', target: 'board' });
    await shows('green', new RegExp(`^written: ${COUNT}$`));
    assert.equal(other.stored.size, COUNT);
  });
});
