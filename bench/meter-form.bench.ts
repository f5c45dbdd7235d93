import { constantProfile } from '../src/simulator/model/plain-profiles';
import { Editor } from '../testkit/node-red/editor';
import { startNodeRed } from '../testkit/node-red/node-red';
import { startOneMeter } from '../testkit/simulator/one-meter';
import type { BenchLine } from './report';

const ROUNDS = 10;
const FORM = '#pm500-meter-connection';
/** What a person who has typed an address is promised, ms: who answers, and the first values. */
const PROMISED = { identity: 1000, values: 2000 } as const;

interface Spread {
  readonly median: number;
  readonly worst: number;
}

async function spreadOf(round: () => Promise<number>): Promise<Spread> {
  const times: number[] = [];
  // The first one loads what is loaded once.
  for (let count = 0; count <= ROUNDS; count++) times.push(await round());
  const sorted = times.slice(1).sort((left, right) => left - right);
  return { median: sorted[Math.floor(ROUNDS / 2)] ?? Number.NaN, worst: sorted.at(-1) ?? Number.NaN };
}

function lineOf(what: string, { median, worst }: Spread, promised: number): BenchLine {
  const note = `the worst of ${ROUNDS}: ${worst.toFixed(0)} ms`;
  return {
    what,
    value: `${median.toFixed(0)} ms`,
    ratio: median / promised,
    peer: `the ${promised} ms promised`,
    note,
  };
}

/** The form of a meter that is not deployed, over UCMM: from the address to who answers, and to live values on the screen. */
export async function benchMeterForm(): Promise<BenchLine[]> {
  const simulator = await startOneMeter({ load: constantProfile(123_400) });
  const red = await startNodeRed();
  const editor = await Editor.open(red.url);
  try {
    const { page } = editor;
    await editor.edit(await editor.drag('pm500-poll', 300, 200));
    await editor.editConfiguration('meter');
    /** Types the address anew, as whoever corrects it, and presses a button. @returns ms until it shows something */
    const press = async (button: string, shows: string, text: string | RegExp): Promise<number> => {
      const shown = page.locator(`${FORM} ${shows}`).filter({ hasText: text }).first();
      await page.locator('#node-config-input-host').fill('127.0.0.1');
      await page.locator('#node-config-input-port').fill(String(simulator.meters[0]?.port));
      const from = performance.now();
      await page.locator(`${FORM} ${button}`).click();
      await shown.waitFor();
      return performance.now() - from;
    };
    const identity = await spreadOf(async () => {
      await page.locator('#node-config-input-host').fill('not an address');
      await page.locator(`${FORM} .pm500-test`).click();
      await page.locator(`${FORM} .pm500-outcome`).filter({ hasText: 'neither an address' }).first().waitFor();
      return press('.pm500-test', '.pm500-outcome', /^OK /);
    });
    const values = await spreadOf(async () => {
      const took = await press('.pm500-live-button', '.pm500-live tbody tr', 'Active power total');
      await page.locator(`${FORM} .pm500-live-button`).click();
      await page.locator(`${FORM} .pm500-live tbody tr`).first().waitFor({ state: 'detached' });
      return took;
    });
    return [
      lineOf('from the address to who answers', identity, PROMISED.identity),
      lineOf('from the address to live values', values, PROMISED.values),
    ];
  } finally {
    await editor.close();
    await red.stop();
    await simulator.close();
  }
}
