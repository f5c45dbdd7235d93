import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { LOSS_CAUSES } from '../../src/delivery/stats';
import { alertFiles } from '../../tools/alerts/main';
import { slugOf } from '../../tools/alerts/rule';
import { alertRules } from '../../tools/alerts/rules';
import { vmalertFile } from '../../tools/alerts/vmalert';
import { ROOT } from '../../testkit/root';
import { ALERT_CASES } from '../deploy/alert-cases';

const RULES = alertRules();
const FILE = vmalertFile(RULES);
const GRAFANA_FILE = 'deploy/grafana/provisioning/alerting/pm500-rules.yaml';

const CONTACTS_FILE = 'deploy/grafana/provisioning/alerting/pm500-contacts.yaml';

/** Every runbook: its name and its text. */
const runbooks = (): readonly (readonly [string, string])[] =>
  readdirSync(join(ROOT, 'docs/runbooks')).map((name) => [
    name,
    readFileSync(join(ROOT, 'docs/runbooks', name), 'utf8'),
  ]);

type Words = Readonly<Record<string, string>>;

interface VmalertFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly for?: string;
      readonly labels: Words;
      readonly annotations: Words;
    }[];
  }[];
}

interface AlertmanagerFile {
  readonly route: { readonly routes: readonly { readonly receiver: string; readonly matchers: readonly string[] }[] };
}

interface ContactsFile {
  readonly contactPoints: readonly { readonly name: string; readonly receivers: readonly unknown[] }[];
  readonly policies: readonly {
    readonly routes: readonly {
      readonly receiver: string;
      readonly mute_time_intervals?: readonly string[];
      readonly object_matchers: readonly (readonly string[])[];
    }[];
  }[];
}

interface GrafanaFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly title: string;
      readonly for: string;
      readonly labels: Words;
      readonly annotations: Words;
      readonly data: readonly {
        readonly model: {
          readonly expr?: string;
          readonly conditions?: readonly {
            readonly evaluator: { readonly type: string; readonly params: readonly number[] };
          }[];
        };
      }[];
    }[];
  }[];
}

describe('laws of alert rules', () => {
  it('the files are those that the rules and the tables give', () => {
    for (const [path, text] of alertFiles()) {
      assert.equal(readFileSync(join(ROOT, path), 'utf8'), text, `${path} is old; run npx tsx tools/alerts/main.ts`);
    }
  });

  it('every alert has a case, and every case an alert', () => {
    assert.deepEqual(Object.keys(ALERT_CASES).sort(), RULES.map(({ id }) => id).sort());
  });

  it('every alert is made to fire and clear for real', () => {
    const tests = ['alerts-fire', 'alerts-fire-delivery'].map((name) =>
      readFileSync(join(ROOT, `test/integration/${name}.test.ts`), 'utf8'),
    );
    for (const { id } of RULES)
      assert.ok(
        tests.some((text) => text.includes(`'${id}'`)),
        id,
      );
  });

  it('Grafana is provisioned with the same alerts: expression, limit, delay, severity and words', () => {
    const { groups } = parse(alertFiles().get(GRAFANA_FILE) ?? '') as GrafanaFile;
    const provisioned = groups.flatMap((group) => group.rules);
    const ofVmalert = (parse(FILE) as VmalertFile).groups.flatMap((group) => group.rules);
    assert.deepEqual(
      provisioned.map(({ title }) => title),
      ofVmalert.map(({ alert }) => alert),
    );
    for (const { alert, expr, for: delay = '0s', labels, annotations } of ofVmalert.slice(1)) {
      const grafana = provisioned.find(({ title }) => title === alert);
      const [query, threshold] = grafana?.data ?? [];
      const [condition] = threshold?.model.conditions ?? [];
      const sign = condition?.evaluator.type === 'gt' ? '>' : '<';
      const limit = condition?.evaluator.params[0] ?? '';
      assert.equal(`(${query?.model.expr ?? ''}) ${sign} ${limit}`, expr, alert);
      assert.equal(grafana?.for, delay, alert);
      assert.equal(grafana.labels['severity'], labels['severity'], alert);
      const summary = annotations['summary']?.replaceAll('$value', '$values.A.Value');
      assert.deepEqual(grafana.annotations, { ...annotations, summary }, alert);
    }
  });

  it('Grafana tells the same people as Alertmanager, by environment and severity', () => {
    const { route } = parse(alertFiles().get('deploy/alerts/alertmanager.yml') ?? '') as AlertmanagerFile;
    const { policies, contactPoints } = parse(alertFiles().get(CONTACTS_FILE) ?? '') as ContactsFile;
    const toldBy = policies[0]?.routes.map(({ receiver, mute_time_intervals, object_matchers }) => [
      mute_time_intervals === undefined ? receiver : 'nobody',
      object_matchers.map(([label = '', sign = '', value = '']) => `${label}${sign}"${value}"`),
    ]);
    assert.deepEqual(
      toldBy,
      route.routes.map(({ receiver, matchers }) => [receiver, matchers]),
    );
    const points = new Map(contactPoints.map(({ name, receivers }) => [name, receivers.length]));
    for (const { receiver } of policies[0]?.routes ?? []) assert.ok((points.get(receiver) ?? 0) > 0, receiver);
    const environments = (parse(alertFiles().get(GRAFANA_FILE) ?? '') as GrafanaFile).groups
      .flatMap(({ rules }) => rules)
      .map(({ labels }) => labels['environment']);
    assert.deepEqual([...new Set(environments)], ['${PM500_ENVIRONMENT}']);
  });

  it('every alert has a runbook, and every runbook an alert', () => {
    const wanted = [...RULES.map((rule) => slugOf(rule)), 'watchdog', 'README'].map((name) => `${name}.md`);
    assert.deepEqual(readdirSync(join(ROOT, 'docs/runbooks')).sort(), wanted.sort());
  });

  it('every unit and every service of containers that a runbook names is one of the stack', () => {
    const units = readdirSync(join(ROOT, 'deploy/systemd')).flatMap((name) => [name, name.replace(/\.service$/, '')]);
    const compose = parse(readFileSync(join(ROOT, 'deploy/compose/compose.yaml'), 'utf8'), { merge: true }) as {
      readonly services: object;
    };
    const services = Object.keys(compose.services);
    let named = 0;
    for (const [page, text] of runbooks()) {
      const commands = [
        ...text.matchAll(/systemctl (?:status|start|stop|restart|enable|disable)((?: [\w.-]+)+)/g),
        ...text.matchAll(/journalctl -u((?: [\w.-]+)+)/g),
      ];
      for (const [command, words = ''] of commands)
        for (const word of words.split(' ').filter((each) => each !== '' && !/^-|^\d+$/.test(each))) {
          assert.ok(units.includes(word), `${page}: ${word} in ${command}`);
          named += 1;
        }
      for (const [command, name = ''] of text.matchAll(
        /docker compose (?:exec|logs|ps|restart)(?: --?\w+(?: \d+)?)* ([a-z][\w-]*)/g,
      ))
        assert.ok(services.includes(name), `${page}: ${command}`);
    }
    assert.ok(named > 10, String(named));
  });

  it('the runbook of lost records says what each cause means', () => {
    const runbook = readFileSync(join(ROOT, 'docs/runbooks/records-lost.md'), 'utf8');
    for (const cause of LOSS_CAUSES) assert.ok(runbook.includes(`\`${cause}\``), cause);
  });

  it('what an alert silences is an alert, and links lead somewhere', () => {
    const ids = new Set(RULES.map(({ id }) => id));
    for (const { inhibits = [] } of RULES) for (const id of inhibits) assert.ok(ids.has(id), id);
    for (const [, link] of FILE.matchAll(/runbook_url: (\S+)/g)) assert.ok(existsSync(join(ROOT, link ?? '')), link);
  });
});
