import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

const VERSION = 'v2.7.12';

/** How InfluxDB 2 answers InfluxQL at /query, by its reference; what is read comes from an InfluxDB 1. */
export interface Influx2Query {
  readonly url: string;
  stop(): Promise<void>;
}

type Answer = readonly [status: number, body: string];

const isReading = (influxQl: string): boolean => /^SELECT /i.test(influxQl) && !/ INTO /i.test(influxQl);

/**
 * A stand-in: the header of its version, a login by name and password for each query, a database by its parameter, and
 * nothing but SELECT.
 * @param database the address of an InfluxDB 1 without users
 */
export async function startInflux2Query(
  database: string,
  login: { readonly user: string; readonly password: string },
): Promise<Influx2Query> {
  const accepted = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const answer = ([status, body]: Answer): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-influxdb-version': VERSION }).end(body);
    };
    const answered = async (): Promise<Answer> => {
      const text = (await buffer(request)).toString();
      const given = new URLSearchParams(text);
      if (request.headers.authorization !== accepted)
        return [401, '{"code":"unauthorized","message":"unauthorized access"}'];
      if ((given.get('db') ?? '') === '') return [400, '{"code":"invalid","message":"database is required"}'];
      if (!isReading(given.get('q') ?? '')) return [200, '{"results":[{"statement_id":0,"error":"not implemented"}]}'];
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const found = await fetch(`${database}/query`, { method: 'POST', headers, body: text });
      return [found.status, await found.text()];
    };
    answered().then(answer, (thrown: unknown) => {
      answer([500, JSON.stringify({ code: 'internal error', message: String(thrown) })]);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
