import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { adaptFlow, chooseMeterPorts, readFlow } from '../../testkit/node-red/reference-flows';

const TAB = 'live-dashboard';
/** The widgets that show what comes from the flow of the demo, too. */
const WIDGETS = ['meter', 'phasor', 'values', 'fleet', 'power', 'unbalance'];
/** Where everything of the flow of the demo comes together. */
const SOURCE = 'first-meter-to-sinks';
const OUT = 'first-meter-to-dashboard';
const LINK = `${TAB}-from-first-meter`;
/** Where the page of one meter is, below the address of Node-RED. */
export const LIVE_PAGE = 'dashboard/live';

function linked(entry: FlowEntry): FlowEntry {
  if (entry.id !== SOURCE) return entry;
  const [first = []] = entry['wires'] as readonly (readonly string[])[];
  return { ...entry, wires: [[...first, OUT]] };
}

/**
 * The flow of the demo with the live dashboard beside it, which shows the meter of the demo as one more. Its own meters get
 * ports that are free.
 */
export async function withDashboard(flow: readonly FlowEntry[]): Promise<readonly FlowEntry[]> {
  const original = readFlow('flows', `${TAB}.json`);
  const dashboard = adaptFlow(original, { meterPorts: await chooseMeterPorts(original) });
  const link = (id: string, type: string, place: object): FlowEntry => ({ id, type, ...place });
  const out = link(OUT, 'link out', {
    z: 'first-meter',
    name: 'To the dashboard',
    mode: 'link',
    links: [LINK],
    x: 665,
    y: 800,
    wires: [],
  });
  const into = link(LINK, 'link in', {
    z: TAB,
    name: 'From first meter',
    links: [OUT],
    x: 165,
    y: 400,
    wires: [WIDGETS.map((name) => `${TAB}-${name}`)],
  });
  return [...flow.map(linked), ...dashboard, out, into];
}
