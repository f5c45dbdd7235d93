import { sentences } from '../support/sentence';

/** What a database, or what stands before it, answers. */
export const INFLUX_SENTENCES = sentences('influx', {
  answered: 'InfluxDB at {url} answered {status}{said}: {advice}.',
  otherScheme: 'InfluxDB at {url} cannot be reached this way: {advice}.',
  noTrust:
    'No trusted TLS connection to InfluxDB at {url} ({reason}): check the TLS settings and the URL of the target.',
  noRequest: 'No request to InfluxDB at {url} can be made ({reason}): check URL and token of the target.',
  proxyRefuses:
    'The proxy on the way to InfluxDB at {url} refuses ({reason}): check the proxy of the target, and its user and password.',
  noHttp:
    'What answers as InfluxDB at {url} does not speak HTTP as it should ({reason}): check the URL of the target; the lines wait and are sent again.',
  unreachable: 'InfluxDB at {url} cannot be reached ({reason}): the lines wait and are sent again.',
  anyServer: 'a server of line protocol',
});

/** Parts of those sentences: reasons, and what a person can do. */
export const INFLUX_WORDS = sentences('influxPart', {
  reason: '{why}: {reason}',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'no way to that host',
  ENETUNREACH: 'no way to that network',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'the host does not answer',
  plainHttp: 'the server speaks plain HTTP; write http:// in the URL of the target',
  tls: 'the server speaks TLS; write https:// in the URL of the target',
  credential: 'check the {credential} of the target',
  permission: 'give the {credential} permission to write to the {place}',
  whereabouts: 'check {whereabouts} of the target',
  maybeOther: 'check {whereabouts} of the target, or is it an InfluxDB 1? then choose that server',
  elsewhere: 'the server says to ask elsewhere, which is not done; check the URL of the target',
  somethingElse: 'check the URL of the target: something else answers there',
  proxy: 'check the proxy of the target, and its user and password',
  url: 'check the URL of the target',
  webPage: 'check the URL of the target: a web page answers there',
  content: 'check the URL of the target: no InfluxDB answers a write with content',
  frontProxy: 'check the proxy in front of the database',
  sentAgain: 'the lines wait and are sent again',
  conflict:
    'the field {field} is {existing} in the database and came as {given}; send it as {existing}, or under another name',
  retention:
    'the time of the point is older than the retention of the database keeps; raise the retention, or accept the loss',
  limit: 'the database has reached a limit of its own; raise that limit or send fewer different tags',
  message: 'correct what the message holds',
  https: 'begin the URL of the target with https://',
  retentionPolicy: 'check the retention policy of the target',
  noDatabase: 'give the target a database',
  organization: 'check organization and bucket of the target',
  precision: 'check the precision of the target',
  gzip: 'switch compression off in the target',
  token: 'token',
  login: 'user and password',
  tokenOrLogin: 'token, or user and password,',
  bucket: 'bucket',
  database: 'database',
  endpoint: 'endpoint',
  whereaboutsV2: 'URL, organization and bucket',
  whereaboutsV1: 'URL, database and retention policy',
  whereaboutsV3: 'URL and database',
  whereaboutsLine: 'URL and path',
});
