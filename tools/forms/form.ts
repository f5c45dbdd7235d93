import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { settingsIn, type Fields, type FormFacts } from '../../nodes/shared/field';
import { CONFIG_VERSIONS, FORMS, type NodeType, type WidgetType } from '../../nodes/shared/forms';
import { FormHtml, keyOf, type Catalog, type FormFrame } from './html';
import { LANGUAGES, type Language } from './languages';
import { merge } from './merge';
import { toldByWidgets, toldCatalog } from './told';

const stylesOf = (name: string): string =>
  `<link rel="stylesheet" href="resources/@pm500/node-red-powermonitor/${name}.css" />`;
const PALETTE = 'PowerMonitor 500';

/** Colors of the nodes on the canvas by what they deal with: the meter, Sparkplug, InfluxDB, MQTT, and the meter on a dashboard. */
const COLORS: Readonly<Record<string, string>> = {
  pm500: '#7fc4c9',
  sparkplug: '#f0b95b',
  influx: '#a9b3e6',
  iot: '#a3d39c',
  ui: '#7fc4c9',
};

function colorOf(type: NodeType): string {
  const color = COLORS[type.split('-')[0] ?? ''];
  if (color === undefined) throw new Error(`The family of ${type} has no color; give it one in tools/forms/form.ts.`);
  return color;
}

const readCatalog = (path: string): Catalog => JSON.parse(readFileSync(path, 'utf8')) as Catalog;

/** What the catalog of a type holds below its name, without what all types share. */
function ownCatalog(root: string, type: NodeType, language: Language): Catalog {
  const own = readCatalog(join(root, `nodes/${type}/${language}.json`))[type];
  if (typeof own !== 'object') throw new Error(`nodes/${type}/${language}.json has nothing below ${type}.`);
  return own;
}

/** Numbers are the same in every language. */
const WORD = /[a-z]{2}/i;

/** The words that options bring along, as a catalog has them: `choice.<name>.<value>` and `note.<name>.<value>`. */
function wordsOfOptions(fields: Fields): Catalog {
  const choice: Record<string, Record<string, string>> = {};
  const note: Record<string, Record<string, string>> = {};
  for (const [name, { setting }] of settingsIn(fields)) {
    if (setting.kind !== 'choice' && setting.kind !== 'choices') continue;
    for (const option of setting.options) {
      const key = keyOf(option.value);
      if (option.label !== undefined) choice[name] = { ...choice[name], [key]: option.label };
      if (option.note !== undefined && WORD.test(option.note)) note[name] = { ...note[name], [key]: option.note };
    }
  }
  return { choice, note };
}

/** Options that are metrics are called what metrics are called. */
function metricsInChoices(root: string, fields: Fields, language: Language): Catalog {
  const [english, other] = [toldCatalog(root, 'en-US')['metric'], toldCatalog(root, language)['metric']];
  const choice: Record<string, Record<string, string>> = {};
  for (const [name, { setting }] of settingsIn(fields)) {
    if (setting.kind !== 'choice' && setting.kind !== 'choices') continue;
    for (const { value, label } of setting.options) {
      const words = typeof other === 'object' ? other[value] : undefined;
      const isMetric = typeof english === 'object' && english[value] === label && label !== undefined;
      if (isMetric && typeof words === 'string') choice[name] = { ...choice[name], [keyOf(value)]: words };
    }
  }
  return { choice };
}

/** The same with the texts that all types share, and in English with those of the options. */
export function catalogOf(root: string, type: NodeType, language: Language = 'en-US'): Catalog {
  const shared = readCatalog(join(root, `nodes/shared/${language}.json`));
  const { fields } = FORMS[type];
  const options = language === 'en-US' ? wordsOfOptions(fields) : metricsInChoices(root, fields, language);
  return merge(merge(options, shared), ownCatalog(root, type, language));
}

/** The same with what the server tells, which stands in the catalog of the meter for all forms and the sidebar. */
export function shippedCatalog(root: string, type: NodeType, language: Language): Catalog {
  const own = catalogOf(root, type, language);
  return type === 'pm500-meter' ? merge(own, { told: toldCatalog(root, language) }) : own;
}

export function frameOf(root: string, type: NodeType): FormFrame {
  return { type, ...FORMS[type], catalog: catalogOf(root, type) };
}

/** The fields without what stays on the server. */
function browserFields(fields: Fields): Fields {
  const kept = Object.entries(fields).map(([name, { check, ...field }]) => [
    name,
    check === undefined ? field : { ...field, isChecked: true },
  ]);
  return Object.fromEntries(kept) as Fields;
}

function factsOf(type: NodeType): FormFacts {
  const { isConfig, fields } = FORMS[type];
  const onCanvas = isConfig ? { category: 'config' } : { category: PALETTE, color: colorOf(type) };
  return { type, ...onCanvas, configVersion: CONFIG_VERSIONS[type] ?? 1, fields: browserFields(fields) };
}

/** A script of the editor in one piece. */
function bundle(path: string, define: Readonly<Record<string, string>> = {}): string {
  const { outputFiles } = buildSync({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    loader: { '.css': 'text' },
    define,
  });
  return outputFiles[0]?.text ?? '';
}

/** The script of a form, with the facts of its type. */
const scriptOf = (root: string, type: NodeType): string =>
  bundle(join(root, `nodes/${type}/form.ts`), { FORM_FACTS: JSON.stringify(factsOf(type)) });

/** By these a script knows the alarms that have words in every language. */
const alarmMessages = (root: string): Readonly<Record<string, string>> => ({
  ALARM_MESSAGES: JSON.stringify(toldCatalog(root, 'en-US')['alarm']),
});

const WIDGETS = 'nodes/shared/widgets';

/** The texts of the widgets by language: a catalog a file. */
function widgetWords(root: string): Readonly<Record<string, Catalog>> {
  return Object.fromEntries(
    LANGUAGES.map((language) => [
      language,
      merge(toldByWidgets(root, language), readCatalog(join(root, WIDGETS, `${language}.json`))),
    ]),
  );
}

/** What Dashboard loads into a page for a widget: its component, with style and texts, without Vue. */
export function widgetOf(root: string, type: WidgetType): string {
  return bundle(join(root, WIDGETS, `${type.replace('ui-pm500-', '')}-widget.ts`), {
    ...alarmMessages(root),
    WIDGET_WORDS: JSON.stringify(widgetWords(root)),
  });
}

/** What Node-RED loads into the editor for the sidebar. */
export function sidebarOf(root: string): string {
  const script = bundle(join(root, 'nodes/sidebar/editor/main.ts'), alarmMessages(root));
  return `${stylesOf('sidebar')}\n\n<script type="text/javascript">\n${script}</script>\n`;
}

/** What Node-RED loads into the editor for a type: the form and the script that registers it. */
export function formOf(root: string, type: NodeType): string {
  const form = new FormHtml(frameOf(root, type)).render();
  return `${stylesOf('editor')}\n\n${form}\n\n<script type="text/javascript">\n${scriptOf(root, type)}</script>\n`;
}
