export interface Reply {
  readonly status: number;
  /** Parsed JSON; undefined where the answer is not JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads answers of every shape
  readonly body: any;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

type Extra = Record<string, string>;

export interface Client {
  get(path: string, headers?: Extra): Promise<Reply>;
  post(path: string, body?: unknown, headers?: Extra): Promise<Reply>;
  put(path: string, body?: unknown, headers?: Extra): Promise<Reply>;
  patch(path: string, body?: unknown, headers?: Extra): Promise<Reply>;
  delete(path: string, headers?: Extra): Promise<Reply>;
  /** Any other request: raw bodies, odd content types. */
  send(method: string, path: string, raw: string | Buffer | undefined, headers: Extra): Promise<Reply>;
}

/** Real HTTP, with a token that is made at the first call. */
export function clientOf(baseUrl: string, token?: () => Promise<string>): Client {
  let made: Promise<string> | undefined;
  const send = async (
    method: string,
    path: string,
    raw: string | Buffer | undefined,
    headers: Extra,
  ): Promise<Reply> => {
    const bearer = token && { authorization: `Bearer ${await (made ??= token())}` };
    const body = raw === undefined ? null : typeof raw === 'string' ? raw : new Uint8Array(raw);
    const response = await fetch(baseUrl + path, { method, headers: { ...bearer, ...headers }, body });
    const bytes = Buffer.from(await response.arrayBuffer());
    const json = /json/.test(response.headers.get('content-type') ?? '') && bytes.length > 0;
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      body: json ? JSON.parse(bytes.toString()) : undefined,
    };
  };
  const withJson =
    (method: string) =>
    (path: string, body?: unknown, headers: Extra = {}) =>
      send(method, path, body === undefined ? undefined : JSON.stringify(body), {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      });
  return {
    get: (path, headers = {}) => send('GET', path, undefined, headers),
    post: withJson('POST'),
    put: withJson('PUT'),
    patch: withJson('PATCH'),
    delete: (path, headers = {}) => send('DELETE', path, undefined, headers),
    send,
  };
}
