/** Sends JSON to a page of this package, and takes JSON. */
export function post(path: string, body: object): JQuery.jqXHR {
  return $.ajax({
    url: path,
    method: 'POST',
    contentType: 'application/json',
    dataType: 'json',
    data: JSON.stringify(body),
  });
}
