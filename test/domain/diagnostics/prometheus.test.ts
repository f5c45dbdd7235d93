import assert from 'node:assert/strict';
import { renderMetrics } from '../../../src/domain/diagnostics/prometheus';
import { seededRandom } from '../../../src/support/random';

/** Reads one line of samples back, by the grammar of the text format. */
function parseSample(line: string): { name: string; labels: Record<string, string>; value: string } {
  const match = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\["\\n])*",?)*)\})? (\S+)$/.exec(line);
  assert.ok(match, `not a sample: ${line}`);
  const [, name = '', pairs = '', value = ''] = match;
  const labels = [...pairs.matchAll(/(\w+)="((?:[^"\\]|\\["\\n])*)"/g)].map(([, label = '', text = '']) => [
    label,
    text.replaceAll(/\\(.)/g, (_all, character: string) => (character === 'n' ? '\n' : character)),
  ]);
  return { name, labels: Object.fromEntries(labels) as Record<string, string>, value };
}

describe('renderMetrics', () => {
  it('writes each name once, with help and type, and the samples of all sources below it', () => {
    const family = (meter: string, value: number) =>
      ({
        name: 'pm500_reads_total',
        help: 'Reads.\nTwo lines, one \\.',
        type: 'counter',
        samples: [{ labels: { meter }, value }],
      }) as const;
    assert.equal(
      renderMetrics([
        family('a', 1),
        { name: 'pm500_up', help: 'Up.', type: 'gauge', samples: [{ labels: {}, value: 1 }] },
        family('b', 2.5),
        { name: 'pm500_nothing', help: '', type: 'gauge', samples: [] },
      ]),
      [
        '# HELP pm500_reads_total Reads.\\nTwo lines, one \\\\.',
        '# TYPE pm500_reads_total counter',
        'pm500_reads_total{meter="a"} 1',
        'pm500_reads_total{meter="b"} 2.5',
        '# HELP pm500_up Up.',
        '# TYPE pm500_up gauge',
        'pm500_up 1',
        '',
      ].join('\n'),
    );
  });

  it('writes a histogram, infinities and what is no number as the format has them', () => {
    const text = renderMetrics([
      {
        name: 'pm500_latency_seconds',
        help: 'L',
        type: 'histogram',
        samples: [
          { labels: { le: '0.1' }, value: 3, suffix: '_bucket' },
          { labels: { le: '+Inf' }, value: 4, suffix: '_bucket' },
          { labels: {}, value: Number.NaN, suffix: '_sum' },
          { labels: {}, value: Number.POSITIVE_INFINITY, suffix: '_count' },
          { labels: {}, value: Number.NEGATIVE_INFINITY },
        ],
      },
    ]);
    assert.deepEqual(text.trimEnd().split('\n').slice(2), [
      'pm500_latency_seconds_bucket{le="0.1"} 3',
      'pm500_latency_seconds_bucket{le="+Inf"} 4',
      'pm500_latency_seconds_sum NaN',
      'pm500_latency_seconds_count +Inf',
      'pm500_latency_seconds -Inf',
    ]);
  });

  it('escapes whatever a name or a tag holds, so that it reads back as it was', () => {
    const random = seededRandom(5);
    const alphabet = ['"', '\\', '\n', 'n', '{', '}', ',', '=', ' ', 'ü', '\u{1f50c}', '0', '#', '\\n'];
    for (let round = 0; round < 500; round++) {
      const text = Array.from(
        { length: Math.floor(random() * 12) },
        () => alphabet[Math.floor(random() * alphabet.length)],
      ).join('');
      const lines = renderMetrics([
        { name: 'x', help: text, type: 'gauge', samples: [{ labels: { meter: text, '1st line': 'a' }, value: 1 }] },
      ]).split('\n');
      assert.equal(lines.length, 4, JSON.stringify(text));
      assert.deepEqual(parseSample(lines[2] ?? ''), {
        name: 'x',
        labels: { meter: text, _1st_line: 'a' },
        value: '1',
      });
    }
  });
});
