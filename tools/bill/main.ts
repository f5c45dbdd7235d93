/** `npx tsx tools/bill/main.ts` writes docs/tariff-example.md: a month of the recorded plant, and its bill by the KPIs. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MS_PER_HOUR } from '../../src/domain/kpis/demand';
import { table } from '../markdown';
import { billOf, CONTRACT, figureOf, MONTH, savedBy, TARIFF, workedMonth, type Month } from './example';
import { shownTime } from './local-time';

export const BILL_PAGE = resolve(__dirname, '../../docs/tariff-example.md');

const CAPS = [600, 550, 500] as const;
const HIGHEST = 5;

const grouped = (value: number, digits: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }).replaceAll(',', ' ');
const money = (value: number): string => grouped(value, 2);
const price = (value: number): string => (value < 0.1 ? value.toFixed(3) : value.toFixed(2));

/** The tariff with a line for each price, season and rule. */
function tariffText(): string {
  const spaced = (value: unknown): string =>
    JSON.stringify(value, null, 1)
      .replaceAll(/\n\s*/g, ' ')
      .replaceAll(/\[ | \]/g, (bracket) => bracket.trim());
  const members = Object.entries(TARIFF).map(([name, value]) => {
    const isList = Array.isArray(value) && value.some((item) => typeof item === 'object');
    if (!isList) return `  "${name}": ${spaced(value)}`;
    return `  "${name}": [\n${value.map((item) => `    ${spaced(item)}`).join(',\n')}\n  ]`;
  });
  return `{\n${members.join(',\n')}\n}`;
}

function billTable(month: Month): string {
  const lines = billOf(month);
  const total = lines.reduce((sum, { cost }) => sum + cost, 0);
  return table(
    ['line of the bill', 'where the amount comes from', 'amount', 'price', TARIFF.currency],
    [
      ...lines.map(({ what, metric, amount, unit, price: each, cost }) => [
        what,
        `\`${metric}\``,
        `${grouped(amount, unit === 'kW' ? 2 : 0)} ${unit}`,
        price(each),
        money(cost),
      ]),
      ['**together**', '', '', '', `**${money(total)}**`],
    ],
  );
}

function windowsTable({ windows }: Month): string {
  const highest = [...windows].sort((a, b) => b.watts - a.watts).slice(0, HIGHEST);
  return table(
    ['window that ends', 'demand'],
    highest.map(({ watts, endMs }) => [shownTime(endMs, TARIFF.timeZone), `${grouped(watts / 1000, 1)} kW`]),
  );
}

function capsTable(month: Month): string {
  return table(
    ['no window above', 'windows to lower', 'on days', `less on the bill, ${TARIFF.currency}`],
    CAPS.map((cap) => {
      const { windows, days, saved } = savedBy(month, cap);
      return [`${cap} kW`, String(windows), String(days), money(saved)];
    }),
  );
}

/** The page with the worked example. */
export function billPage(month: Month = workedMonth()): string {
  const lines = billOf(month);
  const energyCost = lines.filter(({ unit }) => unit === 'kWh').reduce((sum, { cost }) => sum + cost, 0);
  const hours = (month.toMs - month.fromMs) / MS_PER_HOUR;
  const [kwh, kvarh] = ['active_energy_import', 'reactive_energy_import'].map((base) => figureOf(month, base) / 1000);
  return `# A tariff and its bill, worked through

Made by \`npx tsx tools/bill/main.ts\`: the KPIs of this package count a month of a real steel plant; do not edit. A test works
the same figures out from the recording alone. The load is recorded ([data](../data/README.md)); **prices and contract are
invented**. Formulas and rules: [kpis.md](kpis.md).

## 1. The contract

| what | price |
| --- | --- |
${TARIFF.periods.map(({ name, pricePerKwh }) => `| energy, ${name} | ${price(pricePerKwh)} ${TARIFF.currency}/kWh |`).join('\n')}
| highest demand of the month, windows of 15 min | ${price(CONTRACT.perKw)} ${TARIFF.currency}/kW |
| of it above the ${CONTRACT.demandKw} kW of the contract | ${price(CONTRACT.perKwAbove)} ${TARIFF.currency}/kW more |
| reactive energy beyond power factor ${CONTRACT.powerFactorLimit} | ${price(CONTRACT.perKvarh)} ${TARIFF.currency}/kvarh |

## 2. What to enter

In \`pm500-normalize\`, part _KPIs_: tick _Energy by tariff period_ and _Energy cost_; _Demand window_ 15 min, fixed; _No
penalty above_ ${CONTRACT.powerFactorLimit}; _Contract demand_ ${CONTRACT.demandKw} kW; and as _Tariff calendar_:

\`\`\`json
${tariffText()}
\`\`\`

The first rule that fits decides: a winter workday at 23:00 is _night_, at 09:00 _peak_, at 21:00 _off_peak_, for which no rule is
written. On a holiday only rules without \`days\` hold: January 1 is _off_peak_ by day.

## 3. The bill of ${MONTH.name} ${MONTH.year}

${billTable(month)}

- The metric \`cost_last_month\` has the energy alone: ${money(energyCost)} ${TARIFF.currency}. Demand, penalty, fees and taxes are
  yours to add: their prices are no setting.
- Of ${grouped(kvarh ?? 0, 0)} kvarh the share tan phi x ${grouped(kwh ?? 0, 0)} kWh is free. The month had a power factor of ${figureOf(month, 'power_factor').toFixed(3)}.
- Load factor: ${figureOf(month, 'load_factor').toFixed(1)} %. The mean demand of these ${hours} hours is ${grouped((kwh ?? 0) / hours, 1)} kW, the highest one
  ${grouped(figureOf(month, 'peak_demand') / 1000, 1)} kW.

\`pm500 report month --of ${MONTH.text} --tariff tariff.json\` prints the same energies and costs, with the load profile, where the
database has the month ([report](report.md)).

## 4. Where the money is

One window of a quarter of an hour made the demand of the whole month:

${windowsTable(month)}

${capsTable(month)}

So the first kilowatts are cheap to save, one window on one day, and each further step asks for more windows. 
\`interval_demand\` is told when its window has ended: set an alarm well below the contract, or use the alert
[DemandNearContract](runbooks/demand-near-contract.md), which comes at 80 % of it.

## 5. When your bill differs

| difference | look at |
| --- | --- |
| the peak is lower or higher by a few percent | windows: does the supplier count 15 min from the full hour? His meter is before the transformer, yours may be behind it |
| the energy is, by the same share every month | ratio of the current transformers in the meter |
| peak and off-peak are swapped for some days | \`holidays\`, \`seasons\`, and the time zone of the tariff |
| a figure is _uncertain_ | \`coverage_last_month\`, and the [reason](values.md) beside the value |
| the penalty is there, and here it is 0 | \`powerFactorLimit\`; some contracts count leading energy, too, or by hours |
`;
}

if (require.main === module) writeFileSync(BILL_PAGE, billPage());
