import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GROWTH, SAME_SHARE, SAME_STEPS, TOLERANCES, type Tolerance } from '../../src/domain/layout-check/tolerances';
import { table } from '../markdown';

export const LAYOUT_CHECK_PAGE = resolve(__dirname, '../../docs/layout-check.md');

const BEGIN = '<!-- made by npx tsx tools/layout-check/main.ts; do not edit -->\n<!-- prettier-ignore-start -->\n';
const END = '\n<!-- prettier-ignore-end -->\n';

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

const rowOf = ({ compared, fits, breaks }: Tolerance): string[] => [
  compared,
  percent(fits),
  Number.isFinite(breaks) ? percent(breaks) : 'leaves it open',
];

function toleranceTable(): string {
  const { share, shareOfBoth, stepWh, enoughWh } = GROWTH;
  const growth = `${percent(share)} + ${percent(shareOfBoth)} of what flowed both ways + ${stepWh} Wh, once ${enoughWh} Wh have flowed`;
  const same = `${percent(SAME_SHARE)} + ${SAME_STEPS} steps of the counter + what may have flowed between the reads`;
  return table(
    ['relation', 'fits up to', 'broken beyond'],
    [
      ...Object.values<Tolerance>(TOLERANCES).map(rowOf),
      ['growth of a counter = integral of power', growth, 'the same'],
      ['a partial counter is at most its total', `${stepWh} Wh more`, 'the same'],
      ['107 = the 64-bit registers over Modbus (these were read in the manual)', same, 'the same'],
    ],
  );
}

/** The page as it is, with the table of tolerances as the check has them now. */
export function layoutCheckPage(): string {
  const page = readFileSync(LAYOUT_CHECK_PAGE, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${LAYOUT_CHECK_PAGE} has lost the comments around its table`);
  return `${page.slice(0, from)}${BEGIN}\n${toleranceTable()}\n${page.slice(to)}`;
}

if (require.main === module) {
  writeFileSync(LAYOUT_CHECK_PAGE, layoutCheckPage());
  console.log(`Wrote ${LAYOUT_CHECK_PAGE}.`);
}
