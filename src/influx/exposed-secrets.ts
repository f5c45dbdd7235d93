import { sentences, type Sentence } from '../support/sentence';
import { authorization, type Endpoint } from './endpoint';
import { showsPassword } from './proxy';

export const EXPOSED_SENTENCES = sentences('exposed', {
  token: 'token',
  password: 'password',
  plainHttp:
    'The {secret} for InfluxDB goes to {host} over plain HTTP, where anybody on the way can read it: use https:// if the server has it, else keep this network to yourself.',
  proxy:
    'The password of the proxy stands in the flow, where every export shows it: open this configuration node and deploy, which moves it to the credentials.',
});
const { say } = EXPOSED_SENTENCES;

/** Names of this computer that need no look at its networks. */
const OWN_NAME = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether the host of a URL is this computer. @param ownHosts its addresses and its name */
export function isOwnHost(url: string, ownHosts: readonly string[]): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return OWN_NAME.test(hostname) || ownHosts.includes(hostname.replace(/^\[|\]$/g, ''));
}

/** Where settings show a secret to others, one sentence each. @param proxy as it is in the flow */
export function exposedSecrets(
  { url, endpoint, proxy }: { readonly url: string; readonly endpoint: Endpoint; readonly proxy: string },
  ownHosts: readonly string[],
): readonly Sentence[] {
  const found: Sentence[] = [];
  const isPlain = URL.canParse(url) && new URL(url).protocol === 'http:';
  if (isPlain && authorization(endpoint) !== undefined && !isOwnHost(url, ownHosts)) {
    const secret = 'token' in endpoint && endpoint.token !== '' ? 'token' : 'password';
    const { host } = new URL(url);
    found.push(say('plainHttp', { secret: say(secret), host }));
  }
  if (showsPassword(proxy)) found.push(say('proxy'));
  return found;
}
