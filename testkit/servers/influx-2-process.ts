/**
 * A stand-in for `influx`, the command line of InfluxDB 2, for scripts that are written against its reference: it knows
 * the commands and options that the reference names, and refuses all others. INFLUX_STATE: file that keeps what was made;
 * INFLUX_ACCEPTS: the token of an operator; INFLUX_IS_DOWN: no server answers; INFLUX_IS_FULL: a backup ends in its middle;
 * INFLUX_REFUSES: a command that fails.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface User {
  password: string;
  readonly read: readonly string[];
  readonly write: readonly string[];
}

interface State {
  readonly buckets: Record<string, string>;
  /** For how long each bucket keeps points, by its ID. */
  readonly kept: Record<string, string>;
  readonly tasks: Record<string, string>;
  dbrp: { rp: string; bucket: string; isDefault: boolean }[];
  readonly users: Record<string, User>;
  tokens: { id: string; description: string; write: readonly string[]; token: string }[];
  adminPassword: string;
  /** Names of buckets that have points. */
  points?: readonly string[];
  /** Texts of queries that came in a file. */
  readonly queries?: string[];
  made: number;
}

const file = process.env['INFLUX_STATE'] ?? '';
let state: State = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as State)
  : { buckets: {}, kept: {}, tasks: {}, dbrp: [], users: {}, tokens: [], adminPassword: '', made: 0 };

function refuse(sentence: string): never {
  console.error(`Error: ${sentence}`);
  process.exit(1);
}

const newId = (): string => (++state.made).toString(16).padStart(16, '0');

/** Options of a command that take a word, that may be repeated, and that take none. */
function options(words: string, lists = '', flags = '') {
  const row = (names: string, type: 'string' | 'boolean', multiple: boolean): [string, object][] =>
    names
      .split(' ')
      .filter(Boolean)
      .map((name) => [name, { type, multiple }]);
  return Object.fromEntries([
    ...row(words, 'string', false),
    ...row(lists, 'string', true),
    ...row(`${flags} hide-headers json`, 'boolean', false),
  ]) as Record<string, { type: 'string' | 'boolean'; multiple: boolean }>;
}

const COMMANDS: Readonly<Record<string, ReturnType<typeof options>>> = {
  ping: options(''),
  'bucket list': options('name id limit'),
  'bucket create': options('name retention shard-group-duration description'),
  'bucket update': options('id name retention shard-group-duration'),
  'task list': options('id limit'),
  'task create': options('file'),
  'task update': options('id file status'),
  'user list': options('id name'),
  'auth create': options('user description', 'read-bucket write-bucket', 'operator all-access'),
  'auth list': options('id user'),
  'auth delete': options('id'),
  backup: options('bucket bucket-id org org-id compression gzip-compression-level'),
  restore: options('bucket bucket-id org org-id new-bucket new-org operator-token', '', 'full'),
  query: options('file org org-id type', '', 'raw'),
  'v1 auth list': options('username id'),
  'v1 auth create': options('username password description', 'read-bucket write-bucket', 'no-password'),
  'v1 dbrp list': options('bucket-id db id rp', '', 'default'),
  'v1 dbrp create': options('bucket-id db rp', '', 'default'),
};

const words = process.argv.slice(2);
const command =
  Object.keys(COMMANDS).find((name) => words.join(' ').startsWith(name)) ??
  refuse(`unknown command ${words.join(' ')}`);
const { values: given, positionals } = parseArgs({
  args: words.slice(command.split(' ').length),
  options: COMMANDS[command] ?? {},
  allowPositionals: ['backup', 'restore', 'query'].includes(command),
});
const [argument = ''] = positionals;
/** An organization narrows a backup, and a full restore refuses it; the environment gives one as an option does. */
const organization = process.env['INFLUX_ORG'] ?? process.env['INFLUX_ORG_ID'] ?? '';
const word = (name: string): string => {
  const value = given[name];
  return typeof value === 'string' ? value : '';
};
const list = (name: string): readonly string[] => (given[name] as readonly string[] | undefined) ?? [];

function run(): void {
  switch (command) {
    case 'ping': {
      console.log('OK');
      return;
    }
    case 'bucket list':
      for (const [name, id] of Object.entries(state.buckets))
        if (['', name].includes(word('name'))) console.log(`${id}\t${name}`);
      return;
    case 'bucket create':
      state.kept[(state.buckets[word('name')] = newId())] = word('retention');
      return;
    case 'bucket update':
      state.kept[word('id')] = word('retention');
      return;
    case 'task list':
      for (const [name, id] of Object.entries(state.tasks)) console.log(`${id}\t${name}\t`);
      return;
    case 'task create': {
      const [, name = refuse('no task name')] = /name: "([^"]+)"/.exec(readFileSync(word('file'), 'utf8')) ?? [];
      state.tasks[name] ??= newId();
      return;
    }
    case 'user list':
      console.log(`id-of-${word('name')}\t${word('name')}`);
      return;
    case 'auth create': {
      const made = {
        id: newId(),
        description: word('description'),
        write: list('write-bucket'),
        token: `token-${newId()}==`,
      };
      state.tokens.push(made);
      console.log(JSON.stringify({ id: made.id, description: made.description, token: made.token }, null, '\t'));
      return;
    }
    case 'auth list':
      for (const { id, description } of state.tokens) console.log(`${id}\t${description}\tREDACTED`);
      return;
    case 'auth delete':
      state.tokens = state.tokens.filter(({ id }) => id !== word('id'));
      return;
    case 'backup': {
      mkdirSync(argument, { recursive: true });
      writeFileSync(join(argument, '20260329T002000Z.bolt.gz'), '');
      if (process.env['INFLUX_IS_FULL'] !== undefined) refuse('failed to backup bucket data: no space left on device');
      const manifest = organization === '' ? state : { ...state, points: [] };
      writeFileSync(join(argument, '20260329T002000Z.manifest'), JSON.stringify(manifest));
      return;
    }
    case 'restore': {
      if (given['full'] === true && organization !== '')
        refuse('--full restore cannot be limited to a single org or bucket');
      const name = readdirSync(argument).find((each) => each.endsWith('.manifest')) ?? refuse('no backup manifests');
      state = JSON.parse(readFileSync(join(argument, name), 'utf8')) as State;
      return;
    }
    case 'query': {
      const text = word('file') === '' ? argument : readFileSync(word('file'), 'utf8');
      const [, bucket = ''] = /from\(bucket: "([^"]+)"\)/.exec(text) ?? [];
      if (state.buckets[bucket] === undefined) refuse(`could not find bucket "${bucket}"`);
      if (word('file') !== '') state = { ...state, queries: [...(state.queries ?? []), text] };
      if (state.points?.includes(bucket) === true)
        console.log('#datatype,string,long,dateTime:RFC3339\r\n,result,table,_time\r\n,,0,2026-03-29T00:20:00Z\r\n');
      return;
    }
    case 'v1 auth list':
      if (state.users[word('username')] !== undefined) console.log(`id-of-${word('username')}\t\t${word('username')}`);
      return;
    case 'v1 auth create':
      if (state.users[word('username')] !== undefined) refuse('conflict: the user exists');
      if (given['no-password'] !== true) refuse('a password that everybody on the host can see');
      state.users[word('username')] = {
        password: '',
        read: list('read-bucket'),
        write: list('write-bucket'),
      };
      return;
    case 'v1 dbrp list':
      for (const { rp, bucket } of state.dbrp) if (rp === word('rp')) console.log(`id\tenergy\t${bucket}\t${rp}`);
      return;
    case 'v1 dbrp create':
      state.dbrp.push({ rp: word('rp'), bucket: word('bucket-id'), isDefault: given['default'] === true });
      return;
  }
}

if (process.env['INFLUX_IS_DOWN'] !== undefined) refuse('connection refused');
// A health check needs no token.
if (command !== 'ping' && process.env['INFLUX_TOKEN'] !== process.env['INFLUX_ACCEPTS']) refuse('unauthorized access');
if (command === process.env['INFLUX_REFUSES']) refuse('failed to do that');
const before = JSON.stringify(state);
run();
if (JSON.stringify(state) !== before) writeFileSync(file, JSON.stringify(state));
