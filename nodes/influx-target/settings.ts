import { DELIVERY_ORDERS } from '../../src/delivery/settings';
import { APIS, writePath } from '../../src/influx/endpoint';
import { serverUrl } from '../../src/influx/exchange';
import { PRECISIONS } from '../../src/influx/precision';
import { proxyFor } from '../../src/influx/proxy';
import { choice, nodeOf, number, requiredText, secret, text, TOKEN_PATTERN } from '../../src/support/setting';
import { OUTBOX_HOURS, OUTBOX_MEGABYTES } from '../shared/common-rows';
import { field, given, nodeForm, widget } from '../shared/field';
import { OUTBOX_KINDS } from '../shared/outbox-kinds';

/** What an InfluxDB can be set to. */
export const FORM = nodeForm({
  isConfig: true,
  folded: ['network', 'batches', 'keeping'],
  fields: {
    name: field(text(), { icon: 'tag' }),
    api: field(choice('v2', APIS), { icon: 'server' }),
    url: field(requiredText('', { pattern: String.raw`^https?://[^?#]+$` }), {
      icon: 'globe',
      check: given(serverUrl),
    }),
    org: field(text(), { icon: 'building-o', shownWhen: { api: ['v2'] } }),
    bucket: field(requiredText(), { icon: 'database', shownWhen: { api: ['v2'] } }),
    path: field(requiredText('', { pattern: String.raw`^/[^\s#]*$` }), {
      icon: 'link',
      shownWhen: { api: ['line-protocol'] },
      check: given((path) => writePath({ api: 'line-protocol', path, token: '', user: '', password: '' }, 'ms')),
    }),
    database: field(requiredText(), { icon: 'database', shownWhen: { api: ['v1', 'v3'] } }),
    retentionPolicy: field(text(), { icon: 'hourglass-half', shownWhen: { api: ['v1'] } }),
    user: field(text(), { icon: 'user', shownWhen: { api: ['v1', 'line-protocol'] } }),
    password: field(secret(), { icon: 'key', shownWhen: { api: ['v1', 'line-protocol'] } }),
    token: field(secret({ pattern: TOKEN_PATTERN }), {
      icon: 'key',
      shownWhen: { api: ['v2', 'v3', 'line-protocol'] },
    }),
    connection: widget(),
    tls: field(nodeOf('tls-config'), { icon: 'lock', section: 'network' }),
    proxy: field(text('', { pattern: String.raw`^(none|http://[^/?#]+/?)$` }), {
      icon: 'random',
      section: 'network',
      check: given((text) => proxyFor(new URL('http://127.0.0.1'), text, {})),
    }),
    proxyPassword: field(secret(), { icon: 'key', section: 'network' }),
    precision: field(choice('ms', PRECISIONS), { icon: 'clock-o', section: 'batches' }),
    compression: field(choice('auto', ['auto', 'gzip', 'none']), { icon: 'compress', section: 'batches' }),
    batchLines: field(number(5000, { min: 1, max: 50_000, whole: true, unit: 'lines' }), {
      icon: 'align-left',
      section: 'batches',
    }),
    flushMs: field(number(1000, { min: 0, max: 60_000, unit: 'ms' }), { icon: 'clock-o', section: 'batches' }),
    timeoutMs: field(number(10_000, { min: 100, max: 300_000, unit: 'ms' }), {
      icon: 'hourglass-o',
      section: 'network',
    }),
    maximumInFlight: field(number(1, { min: 1, max: 16, whole: true, unit: 'requests' }), {
      icon: 'exchange',
      section: 'batches',
    }),
    order: field(choice('oldest', DELIVERY_ORDERS), { icon: 'sort-amount-asc', section: 'batches' }),
    outbox: field(choice('disk', OUTBOX_KINDS), { icon: 'archive', section: 'keeping' }),
    maximumMegabytes: field(number(1000, OUTBOX_MEGABYTES), { icon: 'database', section: 'keeping' }),
    maximumAgeHours: field(number(0, OUTBOX_HOURS), { icon: 'calendar', section: 'keeping' }),
    refusedMegabytes: field(number(10, { min: 1, max: 10_000, unit: 'MB' }), { icon: 'ban', section: 'keeping' }),
  },
});
