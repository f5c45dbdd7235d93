import assert from 'node:assert/strict';
import type { ErrorCode } from '../../../../src/support/errors';
import { connectionRefused } from '../../../../src/transport/ethernet-ip/wire/connection-status';

/** General status, extended status, code, retryable, what the sentence must say. */
const CASES: readonly (readonly [number, number | undefined, ErrorCode, boolean, RegExp])[] = [
  [1, 0x0100, 'ENIP_OWNERSHIP_CONFLICT', true, /in use or opened twice/],
  [1, 0x0106, 'ENIP_OWNERSHIP_CONFLICT', true, /ownership conflict/],
  [1, 0x0107, 'CIP_STATUS', true, /not found/],
  [1, 0x0109, 'METER_SIZE_MISMATCH', false, /layout file/],
  [1, 0x0128, 'METER_SIZE_MISMATCH', false, /layout file/],
  [1, 0x0111, 'CIP_STATUS', false, /longer interval/],
  [1, 0x0113, 'ENIP_CONNECTION_LIMIT', true, /fewer assemblies/],
  [1, 0x011a, 'ENIP_CONNECTION_LIMIT', true, /fewer assemblies/],
  [2, undefined, 'ENIP_CONNECTION_LIMIT', true, /fewer assemblies/],
  [1, 0x0119, 'ENIP_NO_OWNER', true, /[Ll]istening begins when it does/],
  [1, 0x0124, 'CIP_STATUS', false, /other delivery/],
  [1, 0x0203, 'ENIP_CONNECTION_LOST', true, /timed out/],
  [1, 0x0315, 'CIP_STATUS', false, /segment of the path/],
  [1, 0xbeef, 'CIP_STATUS', false, /0xbeef/],
  [8, undefined, 'CIP_STATUS', false, /service not supported/],
];

describe('refused connections', () => {
  for (const [generalStatus, extended, code, retryable, words] of CASES) {
    it(`tells 0x${generalStatus.toString(16)}/0x${(extended ?? 0).toString(16)} as ${code}`, () => {
      const extendedStatus = extended === undefined ? [] : [extended];
      const error = connectionRefused('Listening to assembly 101 of 192.0.2.1:44818', generalStatus, extendedStatus);
      assert.deepEqual([error.code, error.retryable], [code, retryable]);
      assert.match(error.message, words);
      assert.match(error.message, /^Listening .*; .*\.$/);
      assert.deepEqual(error.details, { generalStatus, extendedStatus });
    });
  }
});
