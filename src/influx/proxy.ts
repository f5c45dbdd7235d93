import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { Pm500Error } from '../support/errors';

/** An HTTP proxy on the way to a database. */
export interface Proxy {
  readonly url: URL;
  /** For the Proxy-Authorization header, where the URL of the proxy has a user. */
  readonly authorization?: string;
}

/** The setting that goes past every proxy, whatever the environment says. */
const NO_PROXY = 'none';
const SCHEME = /^[a-z][a-z\d+.-]{0,20}:\/\//i;
/** Names of this computer: it is never asked for through a proxy of the environment. */
const OWN_NAME = /^((.+\.)?localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The proxy to use for `target`: the one that is set, else what the usual environment variables say (lower case before
 * upper case, that of the scheme before `all_proxy`; `no_proxy` lists host names, domains, `host:port`, networks such as
 * 10.0.0.0/8, or `*`). There the scheme may be absent.
 * @throws Pm500Error CONFIG_INVALID for one that is set and no http:// URL
 */
export function proxyFor(target: URL, setting: string, env: NodeJS.ProcessEnv): Proxy | undefined {
  if (setting === NO_PROXY) return undefined;
  if (setting !== '') {
    const found = parseProxy(setting);
    if (found !== undefined) return found;
    const message =
      'The proxy of the InfluxDB target cannot be used: give an address such as http://proxy:3128, or none.';
    throw new Pm500Error('CONFIG_INVALID', message);
  }
  const given = proxyOfEnvironment(target, env);
  // An environment that is meant for other programs must not stop this one: what cannot be read is passed over.
  return given && parseProxy(given.text);
}

/** Says which variable of the environment names a proxy that cannot be used; undefined where none does. */
export function unusableProxy(target: URL, setting: string, env: NodeJS.ProcessEnv): string | undefined {
  const given = setting === '' ? proxyOfEnvironment(target, env) : undefined;
  if (given === undefined || parseProxy(given.text) !== undefined) return undefined;
  // Not quoted: it may hold a password.
  return `The proxy that ${given.variable} of the environment names cannot be used, so InfluxDB is asked directly: only HTTP proxies are known, such as http://proxy:3128. Write one or none into the target.`;
}

function proxyOfEnvironment(
  target: URL,
  env: NodeJS.ProcessEnv,
): { readonly variable: string; readonly text: string } | undefined {
  const read = (name: string): { readonly variable: string; readonly text: string } | undefined => {
    const variable = [name, name.toUpperCase()].find((each) => env[each] !== undefined);
    return variable === undefined ? undefined : { variable, text: env[variable]?.trim() ?? '' };
  };
  const found = read(target.protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? read('all_proxy');
  if (found === undefined || found.text === '' || isExempt(target, read('no_proxy')?.text ?? '')) return undefined;
  const text = withCodedLogin(found.text);
  return { ...found, text: SCHEME.test(text) ? text : `http://${text}` };
}

/** A password may hold what ends a host name in a URL. What is before the last @ is user and password. */
function withCodedLogin(text: string): string {
  const at = text.lastIndexOf('@');
  const begin = SCHEME.exec(text)?.[0].length ?? 0;
  if (at < begin) return text;
  return text.slice(0, begin) + text.slice(begin, at).replace(/[/?#\\]/g, encodeURIComponent) + text.slice(at);
}

/** A proxy that is set, with the password that stands apart from it; as it is where no user needs one. */
export function withPassword(setting: string, password: string): string {
  if (password === '' || !URL.canParse(setting)) return setting;
  const url = new URL(setting);
  if (url.username === '') return setting;
  url.password = encodeURIComponent(password);
  return url.href;
}

/** Whether a password stands in the address of a proxy, where exports of a flow show it. */
export function showsPassword(setting: string): boolean {
  return URL.canParse(setting) && new URL(setting).password !== '';
}

function parseProxy(text: string): Proxy | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' || url.hostname === '') return undefined;
  if (url.username === '') return { url };
  const credentials = `${decode(url.username)}:${decode(url.password)}`;
  url.username = '';
  url.password = '';
  return { url, authorization: `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}` };
}

/** One character of UTF-8 in percent signs. */
const CODED_CHARACTER =
  /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-7](?:%[89ab][\da-f]){3}/gi;

/** A password may hold a % that begins nothing. */
function decode(text: string): string {
  return text.replace(CODED_CHARACTER, (found) => {
    try {
      return decodeURIComponent(found);
    } catch {
      return found;
    }
  });
}

/** Whether an address is in a network such as 10.0.0.0/8; false for what is no network. */
function isWithin(address: string, entry: string): boolean {
  const [network = '', length = ''] = entry.replace(/[[\]]/g, '').split('/');
  const version = isIP(network);
  if (version === 0 || version !== isIP(address) || !/^\d{1,3}$/.test(length)) return false;
  const bits = Number(length);
  if (bits > (version === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, version === 4 ? 'ipv4' : 'ipv6');
  return list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** Whether a target is asked directly, whatever proxy the environment names. */
function isExempt({ hostname, port, protocol }: URL, list: string): boolean {
  const name = hostname.replace(/\.$/, '');
  if (OWN_NAME.test(name)) return true;
  const address = name.replace(/^\[|\]$/g, '');
  const effectivePort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*' || isWithin(address, entry)) return true;
      // An IPv6 address without brackets has colons and no port.
      const [, host = entry, only] = isIP(entry) === 6 ? [] : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? []);
      if (only !== undefined && only !== effectivePort) return false;
      const bare = host.replace(/^\[|\]$/g, '');
      const version = isIP(bare);
      if (version !== 0) return isWithin(address, `${bare}/${version === 4 ? 32 : 128}`);
      // As a URL has it: in lower case, other alphabets coded.
      const domain = domainToASCII(host.replace(/^\*?\./, '').replace(/\.$/, ''));
      return domain !== '' && (name === domain || name.endsWith(`.${domain}`));
    });
}
