import assert from 'node:assert/strict';
import { LossReport } from '../../src/delivery/loss-report';
import { LOSS_CAUSES, NO_LOSSES, type LossCause, type Losses } from '../../src/delivery/stats';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';

/** What each sentence says; damage is said where it is found. */
const SAID: Readonly<Record<Exclude<LossCause, 'damage'>, RegExp>> = {
  age: /^3 lines were dropped for age before the host took them/,
  size: /^3 lines were dropped before the host took them: the outbox is full/,
  absent: /^3 lines were dropped while they waited for devices that are not there/,
  overwritten: /^3 lines were set aside as refused by the host and overwritten/,
  notStored: /^3 lines were lost because the outbox could not take them/,
  notKept: /^3 lines were lost because they came while nothing could be sent/,
  unfit: /^3 lines were dropped because they do not fit the datatype/,
  tooLarge: /^3 lines were left out because each is larger than the host takes/,
};

describe('the log about losses', () => {
  const OTHER = { name: 'the host', unit: 'line' };

  function bench() {
    const clock = new FakeClock();
    const said: string[] = [];
    const state: { losses: Losses } = { losses: NO_LOSSES };
    const logger = { ...silentLogger, warn: (sentence: string) => void said.push(sentence) };
    const report = new LossReport(() => state.losses, OTHER, clock, logger);
    const lose = (cause: LossCause, count: number): void => {
      state.losses = { ...state.losses, [cause]: state.losses[cause] + count };
      report.look();
    };
    return { clock, said, lose, report };
  }

  for (const cause of LOSS_CAUSES) {
    if (cause === 'damage') continue;
    it(`says what was lost by the cause ${cause}, and what to do`, () => {
      const { said, lose, report, clock } = bench();
      lose(cause, 3);
      assert.equal(said.length, 1);
      assert.match(said[0] ?? '', SAID[cause]);
      report.close();
      assert.equal(clock.pending, 0);
    });
  }

  it('adds up what goes on, says it once a minute, and what is left at the end', async () => {
    const { clock, said, lose, report } = bench();
    for (let second = 0; second < 150; second++) {
      lose('size', 1);
      if (second % 50 === 0) lose('unfit', 1);
      await clock.advance(1000);
    }
    report.close();
    const counts = said.map((sentence) => [...sentence.matchAll(/(\d+) lines? w/g)].map(([, count]) => Number(count)));
    assert.ok(counts.length >= 3 && counts.length <= 5, `${counts.length} sentences`);
    assert.equal(
      counts.flat().reduce((sum, count) => sum + count, 0),
      153,
      'each loss is said once',
    );
  });
});
