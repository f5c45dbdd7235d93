/** One series with all its samples. */
export interface Series {
  /** `__name__` and the labels. */
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  /** Epoch milliseconds, one for each value. */
  readonly timestamps: readonly number[];
}

export interface InstantValue {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** From the first to the last time that samples may have. */
const ALL_TIME = { start: '0', end: '4000000000' } as const;

async function get(url: string, path: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const response = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return text;
}

/** Makes what was written just now visible to queries. */
async function flush(url: string): Promise<void> {
  await get(url, '/internal/force_flush', {});
}

/** Every sample of the series that match a selector, from /api/v1/export. */
export async function exportSeries(url: string, selector: string): Promise<readonly Series[]> {
  await flush(url);
  const text = await get(url, '/api/v1/export', { 'match[]': selector, ...ALL_TIME });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Series);
}

interface QueryAnswer {
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
}

/** The value of an expression now, from /api/v1/query. */
export async function queryNow(url: string, expression: string): Promise<readonly InstantValue[]> {
  await flush(url);
  const answer = JSON.parse(await get(url, '/api/v1/query', { query: expression })) as QueryAnswer;
  return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}
