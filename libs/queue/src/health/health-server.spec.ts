import { HealthServer, type Report } from './health-server.js';

const servers: HealthServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function setup(ready: () => Report | Promise<Report>) {
  const server = new HealthServer({ live: () => ({ ok: true, body: { status: 'up' } }), ready });
  servers.push(server);
  const port = await server.listen(0, '127.0.0.1');
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, body: await response.json() };
  };
  return { server, port, get };
}

describe('the health server', () => {
  it('answers 200 while all is well', async () => {
    const { get } = await setup(() => ({ ok: true, body: { status: 'up' } }));

    expect(await get('/livez')).toEqual({ status: 200, body: { status: 'up' } });
    expect(await get('/readyz?verbose')).toEqual({ status: 200, body: { status: 'up' } });
  });

  it('answers 503 when it is not ready, also when the question itself fails', async () => {
    const { get } = await setup(() => Promise.reject(new Error('no store')));

    expect(await get('/readyz')).toEqual({ status: 503, body: { status: 'down', message: 'Error: no store' } });
    expect((await get('/livez')).status).toBe(200);
  });

  it('knows two paths', async () => {
    const { get } = await setup(() => ({ ok: true, body: {} }));

    expect((await get('/metrics')).status).toBe(404);
  });

  it('says when its port is taken', async () => {
    const { port } = await setup(() => ({ ok: true, body: {} }));
    const second = new HealthServer({ live: () => ({ ok: true, body: {} }), ready: () => ({ ok: true, body: {} }) });

    await expect(second.listen(port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
