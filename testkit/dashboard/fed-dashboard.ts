import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { TELEMETRY_SCHEMA } from '../../src/domain/messages/telemetry';
import { DASHBOARD, startNodeRed, type NodeRed, type NodeRedOptions } from '../node-red/node-red';
import type { FlowEntry } from '../node-red/node-red-admin';

/** What is fed: telemetry of so many meters, of every second of so many, as fast as Node-RED takes it. */
interface Feed {
  readonly meters: number;
  readonly seconds: number;
  /** Time of the first one, epoch milliseconds UTC. */
  readonly startMs: number;
  /** 1 for real time, until the next such feed; absent for as fast as it goes. */
  readonly pace?: 1;
  /** Number of the first meter. */
  readonly from?: number;
}

/** Memory of Node-RED after its garbage was collected, and what it has taken of the processor. */
interface Memory {
  readonly heapUsed: number;
  readonly rss: number;
}

/** Values of a message: those of the usual gauges and of the table of all meters, and some more. */
const FED_NAMES = [
  ...['active_power_total', 'power_factor_total', 'voltage_ll_avg', 'frequency'],
  ...['voltage_l1_n', 'voltage_l2_n', 'voltage_l3_n', 'current_l1'],
];
const FED_METRICS = ALL_METRICS.filter(({ name }) => FED_NAMES.includes(name));

const FEED = `
const { meters, seconds, startMs, pace, from = 0 } = msg.payload;
const metricsOf = (second, meter) => Object.fromEntries(NAMES.map(([name, unit], index) => [name, {
  value: 100 + index + ((second + meter) % 60), unit, quality: 'good', provenance: 'verified',
  timestamp: startMs + 1000 * second,
}]));
let second = 0;
// The next feed in real time takes the place of this one.
if (pace === 1) {
  flow.set('pace', msg._msgid);
  node.send([null, { ...msg, payload: {} }]);
}
const step = () => {
  if (pace === 1 && flow.get('pace') !== msg._msgid) return;
  for (let meter = from; meter < from + meters; meter++) {
    const name = 'meter-' + String(meter).padStart(4, '0');
    node.send([{ payload: {
      schema: SCHEMA, meter: { name, host: '10.0.0.5', tags: { site: 'works', area: 'hall ' + (meter % 7) } },
      timestamp: startMs + 1000 * second, metrics: metricsOf(second, meter),
    } }, null]);
  }
  second++;
  if (second < seconds) setTimeout(step, pace === 1 ? 1000 - (Date.now() % 1000) : 0);
  else if (pace !== 1) node.send([null, { ...msg, payload: { second } }]);
};
step();
`;

const MEMORY = `
v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
collect();
collect();
msg.payload = os.memoryUsage();
return msg;
`;

/** Pages of the dashboard: all widgets of this package, the table of all meters, and none. */
const PAGES = ['live', 'fleet', 'empty'] as const;

function flowOf(widgets: readonly FlowEntry[]): readonly FlowEntry[] {
  const names = JSON.stringify(FED_METRICS.map(({ name, unit }) => [name, unit]));
  const node = { z: 'fed', x: 100, y: 100 };
  const page = (name: string, order: number): readonly FlowEntry[] => [
    {
      ...{ id: `page-${name}`, type: 'ui-page', name, ui: 'base', path: `/${name}`, layout: 'grid', theme: 'theme' },
      ...{ order, className: '', visible: 'true', disabled: 'false', breakpoints: [{ px: '0', cols: '12' }] },
    },
    {
      ...{ id: `group-${name}`, type: 'ui-group', name, page: `page-${name}`, width: '12', height: 1, order: 1 },
      ...{ showTitle: true, className: '', visible: true, disabled: false, groupType: 'default' },
    },
  ];
  return [
    { id: 'fed', type: 'tab', label: 'Fed' },
    { id: 'feed-in', type: 'http in', ...node, url: '/feed', method: 'post', wires: [['feed']] },
    {
      ...{ id: 'feed', type: 'function', ...node, outputs: 2, libs: [] },
      func: `const NAMES = ${names};\nconst SCHEMA = '${TELEMETRY_SCHEMA}';\n${FEED}`,
      wires: [widgets.map(({ id }) => id), ['answer']],
    },
    { id: 'memory-in', type: 'http in', ...node, url: '/memory', method: 'get', wires: [['memory']] },
    {
      ...{ id: 'memory', type: 'function', ...node, outputs: 1, func: MEMORY, wires: [['answer']] },
      libs: [
        { var: 'v8', module: 'v8' },
        { var: 'vm', module: 'vm' },
        { var: 'os', module: 'process' },
      ],
    },
    { id: 'answer', type: 'http response', ...node, statusCode: '', headers: {}, wires: [] },
    {
      ...{ id: 'base', type: 'ui-base', name: 'Fed', path: '/dashboard', acceptsClientConfig: [] },
      ...{ includeClientData: true, showReconnectNotification: false, showDisconnectNotification: false },
    },
    {
      ...{ id: 'theme', type: 'ui-theme', name: 'Light', sizes: { pagePadding: '12px', groupGap: '12px' } },
      colors: {
        surface: '#fcfcfd',
        primary: '#0b5cad',
        bgPage: '#f4f5f7',
        groupBg: '#ffffff',
        groupOutline: '#d9d9e0',
      },
    },
    ...PAGES.flatMap(page),
    ...widgets,
  ];
}

const widgetOf = (id: string, type: string, page: (typeof PAGES)[number], rest: object): FlowEntry => ({
  ...{ id, type, z: 'fed', name: id, group: `group-${page}`, x: 400, y: 100, width: 12, order: 1, wires: [] },
  ...rest,
});

/** Widgets as a site has them: one meter with all there is, its arrows, and all meters. */
export const FED_WIDGETS: readonly FlowEntry[] = [
  widgetOf('of-one', 'ui-pm500-meter', 'live', { parts: ['gauges', 'energy', 'alarms', 'values'] }),
  widgetOf('arrows', 'ui-pm500-phasor', 'live', {}),
  widgetOf('of-all', 'ui-pm500-meter', 'fleet', { parts: ['fleet'] }),
];

/** A real Node-RED with Dashboard whose widgets are fed with telemetry of any number of meters, without meters. */
export class FedDashboard {
  private constructor(readonly red: NodeRed) {}

  static async start(options: NodeRedOptions = {}): Promise<FedDashboard> {
    const fed = new FedDashboard(await startNodeRed({ otherPackages: [DASHBOARD], ...options }));
    await fed.deploy(FED_WIDGETS);
    return fed;
  }

  deploy(widgets: readonly FlowEntry[]): Promise<void> {
    return this.red.admin.deploy(flowOf(widgets));
  }

  pageUrl(page: (typeof PAGES)[number]): string {
    return `${this.red.url}dashboard/${page}`;
  }

  /** Resolves when all of it was sent, in real time at once. */
  async feed(feed: Feed): Promise<void> {
    await fetch(`${this.red.url}feed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(feed),
    });
  }

  async memory(): Promise<Memory> {
    return (await (await fetch(`${this.red.url}memory`)).json()) as Memory;
  }

  /** What Dashboard keeps of messages to a widget, as it tells whoever debugs it; empty for nothing. */
  async kept(id: string): Promise<string> {
    return (await fetch(`${this.red.url}dashboard/_debug/datastore/${id}`)).text();
  }

  stop(): Promise<void> {
    return this.red.stop();
  }
}

/** A browser as far as Node-RED sees it: a connection of Dashboard, by the polling that it begins with. */
export class PollingBrowser {
  private constructor(private readonly url: string) {}

  static async open(fed: FedDashboard): Promise<PollingBrowser> {
    const url = `${fed.red.url}dashboard/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1)) as { readonly sid: string };
    const browser = new PollingBrowser(`${url}&sid=${sid}`);
    await browser.say('40');
    await (await fetch(browser.url)).text();
    return browser;
  }

  /** Asks a widget for its first meter. */
  async ask(widget: string): Promise<void> {
    // It is still there: Dashboard parts from those that do not say so.
    await this.say('3');
    await this.say(`42${JSON.stringify(['widget-change', widget, { meter: '' }])}`);
  }

  private async say(packet: string): Promise<void> {
    const headers = { 'content-type': 'text/plain;charset=UTF-8' };
    await (await fetch(this.url, { method: 'POST', headers, body: packet })).text();
  }
}
