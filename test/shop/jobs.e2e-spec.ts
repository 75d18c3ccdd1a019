import { Shop } from '../support/shop.js';

const fields = [
  'jobId',
  'task',
  'queue',
  'state',
  'attempts',
  'progress',
  'enqueuedAt',
  'startedAt',
  'finishedAt',
  'result',
  'error',
].sort();

describe('jobs', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open();
  });
  afterAll(async () => void (await shop.close()));

  const notify = async (more: object = {}) =>
    (await shop.post('/notifications', { recipient: 'ada@example.com', ...more })).data as { jobId: string };

  it('SA12: shows every field of a job, null when not known', async () => {
    const { jobId } = await notify({ delay: '1h' });

    const { status, data } = await shop.get(`/jobs/${jobId}`);

    expect(status).toBe(200);
    expect(Object.keys(data).sort()).toEqual(fields);
    expect(data).toMatchObject({ jobId, task: 'notifications.notify', state: 'scheduled', attempts: 0 });
    expect(data).toMatchObject({ progress: null, startedAt: null, finishedAt: null, result: null, error: null });
    expect(data.enqueuedAt).toBe(new Date(data.enqueuedAt).toISOString());
  });

  it('SA12: finds a job by the id its caller gave it, encoded or not', async () => {
    const order = { customerEmail: 'ada@example.com', items: [{ sku: 'TEA-01', quantity: 1 }] };
    const { orderId, jobId } = (await shop.post('/orders', order)).data;

    for (const id of [`order:${orderId}`, `order%3A${orderId}`, jobId]) {
      expect((await shop.get(`/jobs/${id}`)).data).toMatchObject({ jobId, task: 'orders.process' });
    }
  });

  it('SA12: shows only id and state when asked to be short, and a failed job as 200', async () => {
    shop.mail.refuse('refused@example.com', 550);
    const { jobId } = await notify({ recipient: 'refused@example.com' });
    await shop.jobIn(jobId, 'failed');

    expect(await shop.get(`/jobs/${jobId}?view=short`)).toMatchObject({
      status: 200,
      data: { jobId, state: 'failed' },
    });
    const { status, data } = await shop.get(`/jobs/${jobId}`);
    expect(status).toBe(200);
    expect(Object.keys(data.error).sort()).toEqual(['code', 'message', 'name']);
  });

  it.each([
    ['GET', '/jobs/nobody'],
    ['GET', '/jobs/nobody/events'],
    ['DELETE', '/jobs/nobody'],
    ['POST', '/jobs/nobody/retry'],
  ])('SA12: answers 404 with the id for an unknown job: %s %s', async (method, path) => {
    const { status, error } = await shop.call(method, path);

    expect([status, error.code, error.detail]).toEqual([404, 'RESOURCE_NOT_FOUND', { jobId: 'nobody' }]);
  });

  it('SA13: cancels a waiting job, once', async () => {
    const { jobId } = await notify({ delay: '1h' });

    expect(await shop.delete(`/jobs/${jobId}`)).toMatchObject({ status: 200, data: { jobId, state: 'cancelled' } });
    expect(await shop.delete(`/jobs/${jobId}`)).toMatchObject({ status: 409, error: { code: 'JOB_FINISHED' } });
  });

  it('SA13: signals a job that runs', async () => {
    const mail = shop.mail.hold('held@example.com');
    const { jobId } = await notify({ recipient: 'held@example.com' });
    await mail.arrived;

    expect(await shop.delete(`/jobs/${jobId}`)).toMatchObject({ status: 202, data: { jobId, state: 'active' } });
    mail.letGo();
    await shop.jobIn(jobId, 'cancelled', 'completed');
  });

  it('SA14: runs a failed or cancelled job again, and no other', async () => {
    const { jobId } = await notify({ delay: '1h' });
    expect(await shop.post(`/jobs/${jobId}/retry`)).toMatchObject({ status: 409, error: { code: 'JOB_UNFINISHED' } });
    await shop.delete(`/jobs/${jobId}`);

    expect(await shop.post(`/jobs/${jobId}/retry`)).toMatchObject({ status: 202, data: { jobId, state: 'ready' } });

    await shop.jobIn(jobId, 'completed');
    expect(await shop.post(`/jobs/${jobId}/retry`)).toMatchObject({ status: 409, error: { code: 'JOB_FINISHED' } });
  });

  it('SA14: lists jobs by state and queue, page by page', async () => {
    const wanted = new Set<string>();
    for (let i = 0; i < 5; i++) wanted.add((await notify({ delay: '2h' })).jobId);

    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = `state=scheduled&queue=notifications&limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const { data } = await shop.get(`/jobs?${query}`);
      expect(data.jobs.length).toBeLessThanOrEqual(2);
      for (const job of data.jobs) expect(job).toMatchObject({ state: 'scheduled', queue: 'notifications' });
      seen.push(...(data.jobs as { jobId: string }[]).map((job) => job.jobId));
      cursor = data.cursor;
    }

    expect(new Set(seen).size).toBe(seen.length);
    for (const jobId of wanted) expect(seen).toContain(jobId);
  });

  it('streams the events of a job until it is settled', async () => {
    const mail = shop.mail.hold('followed@example.com');
    const { jobId } = await notify({ recipient: 'followed@example.com' });
    const stream = await fetch(`${shop.url}/jobs/${jobId}/events`);
    expect(stream.headers.get('content-type')).toContain('text/event-stream');

    mail.letGo();
    const text = await stream.text();

    const states = [...text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1]);
    expect(states.at(-1)).toBe('completed');
    const last = JSON.parse(
      text
        .split('\n')
        .findLast((line) => line.startsWith('data: '))!
        .slice(6),
    );
    expect(last).toMatchObject({ jobId, state: 'completed', result: { sentTo: 'followed@example.com' } });
  });
});
