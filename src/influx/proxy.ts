import { Pm500Error } from '../support/errors';

/** An HTTP proxy on the way to a database. */
export interface Proxy {
  readonly url: URL;
  /** For the Proxy-Authorization header, where the URL of the proxy has a user. */
  readonly authorization?: string;
}

/** The setting that goes past every proxy, whatever the environment says. */
const NO_PROXY = 'none';

/**
 * The proxy to use for `target`: the one that is set, else what the usual environment variables say (lower case before
 * upper case; `no_proxy` lists host names, domains, `host:port` or `*`).
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
  const read = (name: string): string => env[name] ?? env[name.toUpperCase()] ?? '';
  if (isExempt(target, read('no_proxy'))) return undefined;
  // An environment that is meant for other programs must not stop this one: what cannot be read is passed over.
  return parseProxy(read(target.protocol === 'https:' ? 'https_proxy' : 'http_proxy'));
}

function parseProxy(text: string): Proxy | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' || url.hostname === '') return undefined;
  if (url.username === '') return { url };
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { url, authorization: `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}` };
}

/** This machine is never asked for through a proxy of the environment. */
function isExempt({ hostname, port, protocol }: URL, list: string): boolean {
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return true;
  const effectivePort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, host = '', only] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (only !== undefined && only !== effectivePort) return false;
      const domain = host.replace(/^\*?\./, '');
      return hostname === domain || hostname.endsWith(`.${domain}`);
    });
}
