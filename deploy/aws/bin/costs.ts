import prices from '../costs/prices.json';
import { HUNDRED_METERS, listPrices, monthlyCosts, total } from '../costs/costs';

const costs = monthlyCosts(HUNDRED_METERS, listPrices());
console.log(`List prices of ${prices.region}, ${prices.date}; US dollars a month for 100 meters.`);
for (const [part, usd] of Object.entries(costs)) console.log(`${part.padEnd(12)} ${usd.toFixed(2).padStart(8)}`);
console.log(`${'total'.padEnd(12)} ${total(costs).toFixed(2).padStart(8)}`);
const open = Object.entries(prices.rows).filter(([, { confirmed }]) => !confirmed);
console.log(`Not confirmed in any source: ${open.map(([name]) => name).join(', ')}.`);
