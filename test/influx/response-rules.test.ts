import assert from 'node:assert/strict';
import { judgeFailure, judgeReply, MAXIMUM_RETRY_AFTER_MS, parseRetryAfter } from '../../src/influx/response-rules';

const URL = 'http://db:8086';
const NOW = Date.UTC(2026, 0, 5);
const judge = (status: number, text = '', contentType = 'application/json') =>
  judgeReply({ status, text, contentType }, URL, NOW);

describe('response rules', () => {
  const table: readonly (readonly [kind: string, statuses: readonly number[]])[] = [
    ['written', [200, 201, 204]],
    ['retry', [408, 425, 429, 500, 502, 503, 504, 599]],
    ['hold', [301, 302, 401, 403, 404, 405, 409, 418]],
    ['rejected', [400, 413, 422]],
  ];
  for (const [kind, statuses] of table) {
    for (const status of statuses) {
      it(`${status} means ${kind}`, () => {
        assert.equal(judge(status).kind, kind);
      });
    }
  }

  it('says where, what the server said, and what to do', () => {
    const verdict = judge(401, 'unauthorized   access\n');
    assert.ok(verdict.kind === 'hold');
    assert.equal(verdict.error.code, 'INFLUX_REFUSED');
    assert.equal(
      verdict.error.message,
      'InfluxDB at http://db:8086 answered 401 (unauthorized access): check the token of the target.',
    );
    const rejected = judge(400, 'x'.repeat(5000));
    assert.ok(rejected.kind === 'rejected');
    assert.ok(rejected.error.message.length < 400);
  });

  it('does not take a web page for the database', () => {
    assert.equal(judge(200, '', 'text/html; charset=utf-8').kind, 'hold');
    assert.equal(judge(400, '<html>', 'text/html').kind, 'hold');
    assert.equal(judge(413, '<html>', 'text/html').kind, 'rejected');
  });

  it('does not take anything else that answers for the database', () => {
    const verdict = judge(200, '{"error":"log in first"}');
    assert.ok(verdict.kind === 'hold');
    assert.match(verdict.error.message, /answered 200 \(.*log in first.*\): check the URL of the target: no InfluxDB/);
    assert.equal(judge(200, '\r\n', 'text/plain').kind, 'written');
  });

  for (const text of [
    'Client sent an HTTP request to an HTTPS server.',
    'The plain HTTP request was sent to HTTPS port',
  ]) {
    it(`does not blame the lines for "${text}"`, () => {
      const verdict = judge(400, text, 'text/plain');
      assert.ok(verdict.kind === 'hold');
      assert.match(verdict.error.message, /https:\/\//);
    });
  }

  it('reads Retry-After as seconds or a date, within bounds', () => {
    assert.equal(parseRetryAfter('7', NOW), 7000);
    assert.equal(parseRetryAfter(' 0 ', NOW), 0);
    assert.equal(parseRetryAfter(new Date(NOW + 9000).toUTCString(), NOW), 9000);
    assert.equal(parseRetryAfter(new Date(NOW - 9000).toUTCString(), NOW), 0);
    assert.equal(parseRetryAfter('99999999999', NOW), MAXIMUM_RETRY_AFTER_MS);
    assert.equal(parseRetryAfter('soon', NOW), undefined);
    assert.equal(parseRetryAfter(undefined, NOW), undefined);
  });

  const failures: readonly (readonly [code: string, kind: string, error: string])[] = [
    ['ECONNREFUSED', 'retry', 'INFLUX_UNREACHABLE'],
    ['ENOTFOUND', 'retry', 'INFLUX_UNREACHABLE'],
    ['HPE_INVALID_CONSTANT', 'retry', 'INFLUX_UNREACHABLE'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'hold', 'INFLUX_REFUSED'],
    ['CERT_HAS_EXPIRED', 'hold', 'INFLUX_REFUSED'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'hold', 'INFLUX_REFUSED'],
    ['EPROTO', 'hold', 'INFLUX_REFUSED'],
    ['ERR_INVALID_CHAR', 'hold', 'CONFIG_INVALID'],
  ];
  for (const [code, kind, errorCode] of failures) {
    it(`${code} means ${kind}`, () => {
      const verdict = judgeFailure(Object.assign(new Error('because'), { code }), URL);
      assert.equal(verdict.kind, kind);
      assert.ok('error' in verdict);
      assert.equal(verdict.error.code, errorCode);
      assert.match(verdict.error.message, /because/);
    });
  }

  it('takes the reason out of what OpenSSL says', () => {
    const dump =
      'write EPROTO 80DC:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../deps/openssl/ssl/record/rec_layer_s3.c:1605:SSL alert number 40\n';
    const verdict = judgeFailure(Object.assign(new Error(dump), { code: 'EPROTO' }), URL);
    assert.ok(verdict.kind === 'hold');
    assert.match(verdict.error.message, /\(sslv3 alert handshake failure\): check the TLS settings/);
    const wrong = judgeFailure(Object.assign(new Error('x'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), URL);
    assert.ok(wrong.kind === 'hold');
    assert.match(wrong.error.message, /speaks plain HTTP; write http:/);
  });

  it('takes anything for a failure', () => {
    assert.equal(judgeFailure('no error object', URL).kind, 'retry');
  });
});
