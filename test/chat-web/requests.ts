/** Bytes that somebody may send to the chat's server, and the status of its answer; `null`: any, or none. */
export interface RawCase {
  readonly name: string;
  readonly bytes: string | Buffer;
  readonly status: number | null;
  readonly hangUp?: boolean;
}

const HOST = 'Host: localhost\r\n';
const get = (target: string, headers = '') => `GET ${target} HTTP/1.1\r\n${HOST}${headers}\r\n`;
const post = (target: string, body: string, headers = '') =>
  `POST ${target} HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

export const RAW_CASES: readonly RawCase[] = [
  { name: 'the page', bytes: get('/'), status: 200 },
  { name: 'the head of the page', bytes: `HEAD / HTTP/1.1\r\n${HOST}\r\n`, status: 200 },
  { name: 'a path of two slashes', bytes: get('//'), status: 200 },
  { name: 'a path of many slashes', bytes: get('/////////'), status: 200 },
  { name: 'two slashes and a port that is none', bytes: get('//:99999999/'), status: 200 },
  { name: 'two slashes and a bracket', bytes: get('//[/'), status: 200 },
  { name: 'an absolute address', bytes: get('http://localhost/'), status: 200 },
  { name: 'an absolute address that is none', bytes: get('http://[/'), status: 400 },
  { name: 'a target that is no path', bytes: get('*'), status: 400 },
  { name: 'an asterisk of OPTIONS', bytes: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, status: 400 },
  { name: 'half an escape', bytes: get('/%'), status: 400 },
  { name: 'escapes that are no UTF-8', bytes: get('/%ff%fe'), status: 400 },
  { name: 'a NUL in a path', bytes: get('/%00.js'), status: 400 },
  { name: 'a path out of the folder', bytes: get('/../../../etc/passwd.txt'), status: 404 },
  { name: 'an escaped path out of the folder', bytes: get('/..%2f..%2f..%2fetc/passwd'), status: 400 },
  { name: 'a twice escaped path out of the folder', bytes: get('/%252e%252e/%252e%252e/etc/passwd'), status: 200 },
  { name: 'backslashes', bytes: get('/..%5c..%5cdata'), status: 400 },
  { name: 'a file that is missing', bytes: get('/assets/nothing.js'), status: 404 },
  { name: 'a folder with a name like a file', bytes: get('/folder.js'), status: 404 },
  { name: 'a very long path', bytes: get(`/${'a'.repeat(12_000)}`), status: 200 },
  { name: 'a file name that no disk takes', bytes: get(`/${'a'.repeat(12_000)}.js`), status: 404 },
  { name: 'more headers than are read', bytes: get('/', `X: ${'a'.repeat(40_000)}\r\n`), status: 431 },
  { name: 'no HTTP at all', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n', status: 400 },
  { name: 'a header without a name', bytes: `GET / HTTP/1.1\r\n${HOST}: x\r\n\r\n`, status: 400 },
  { name: 'no Host', bytes: 'GET / HTTP/1.1\r\n\r\n', status: 400 },
  { name: 'a Host that is none, for the page', bytes: 'GET / HTTP/1.1\r\nHost: [\r\n\r\n', status: 200 },
  { name: 'a Host that is none, for calls', bytes: 'GET /trpc/people HTTP/1.1\r\nHost: [\r\n\r\n', status: 401 },
  { name: 'an unknown method', bytes: `PROPFIND / HTTP/1.1\r\n${HOST}\r\n`, status: 405 },
  { name: 'a method that is no word', bytes: `FOO / HTTP/1.1\r\n${HOST}\r\n`, status: 400 },
  { name: 'TRACE', bytes: `TRACE / HTTP/1.1\r\n${HOST}\r\n`, status: 405 },
  { name: 'CONNECT', bytes: `CONNECT example.com:443 HTTP/1.1\r\n${HOST}\r\n`, status: null },
  { name: 'DELETE of a call', bytes: `DELETE /trpc/people HTTP/1.1\r\n${HOST}\r\n`, status: 405 },
  { name: 'a POST to the page', bytes: post('/', '{}'), status: 405 },
  { name: 'an expectation', bytes: get('/', 'Expect: a miracle\r\n'), status: 417 },
  { name: 'a sign-in by GET', bytes: get('/sign-in'), status: 405 },
  { name: 'a sign-in without a body', bytes: post('/sign-in', ''), status: 400 },
  { name: 'a sign-in with null', bytes: post('/sign-in', 'null'), status: 400 },
  { name: 'a sign-in with half a body', bytes: post('/sign-in', '{"name":"a'), status: 400 },
  { name: 'a sign-in with a name of another type', bytes: post('/sign-in', '{"name":{"length":3}}'), status: 400 },
  { name: 'a sign-in with a longer body than announced', bytes: `${post('/sign-in', 'null')}{"name":1}`, status: 400 },
  {
    name: 'a sign-in as long as a book',
    bytes: post('/sign-in', JSON.stringify({ name: 'a'.repeat(9_000) })),
    status: 413,
  },
  {
    name: 'a sign-in as long as a book, in chunks',
    bytes: `POST /sign-in HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n2328\r\n${'a'.repeat(9_000)}\r\n0\r\n\r\n`,
    status: 413,
  },
  {
    name: 'a sign-in that is no UTF-8',
    bytes: Buffer.concat([
      Buffer.from(post('/sign-in', '{"name":"__"}').slice(0, -4)),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]),
    status: 400,
  },
  {
    name: 'a sign-in from another site',
    bytes: post('/sign-in', '{"name":"eve"}', 'Sec-Fetch-Site: cross-site\r\n'),
    status: 403,
  },
  {
    name: 'a sign-in that hangs up in its body',
    bytes: post('/sign-in', '{"name":"a"}').slice(0, -4),
    status: null,
    hangUp: true,
  },
  { name: 'a sign-out of nobody', bytes: post('/sign-out', ''), status: 200 },
  { name: 'a call of nobody', bytes: get('/trpc/people'), status: 401 },
  {
    name: 'a call with a token that is none',
    bytes: get('/trpc/people', 'Authorization: Bearer \x01\r\n'),
    status: 400,
  },
  { name: 'a call with half an escape', bytes: get('/trpc/%'), status: 400 },
  {
    name: 'a call of nobody with a body of a gigabyte to come',
    bytes: `POST /trpc/chat.send HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n{`,
    status: 401,
  },
  { name: 'a call that hangs up', bytes: get('/trpc/people'), status: null, hangUp: true },
  {
    name: 'an upgrade to another path',
    bytes: get(
      '//',
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
    ),
    status: null,
  },
  { name: 'an upgrade to nothing', bytes: get('/trpc', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'), status: null },
];
