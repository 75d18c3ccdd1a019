import { Shop } from '../support/shop.js';

describe('notifications and users', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open();
  });
  afterAll(async () => void (await shop.close()));

  it('SA1: accepts a notification and mails it from the worker', async () => {
    const { status, data } = await shop.post('/notifications', {
      recipient: 'ada@example.com',
      message: 'Tea is ready',
    });

    expect(status).toBe(202);
    expect(await shop.jobIn(data.jobId, 'completed')).toMatchObject({ result: { sentTo: 'ada@example.com' } });
    expect((await shop.mail.mailTo('ada@example.com')).text).toContain('Tea is ready');
  });

  it('SA1: says hello when no message is given', async () => {
    await shop.post('/notifications', { recipient: 'joan@example.com' });

    expect((await shop.mail.mailTo('joan@example.com')).text).toContain('Hello');
  });

  it('SA1: schedules a notification for later', async () => {
    const later = await shop.post('/notifications', { recipient: 'ada@example.com', delay: '1h' });
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const then = await shop.post('/notifications', { recipient: 'ada@example.com', runAt });

    for (const { status, data } of [later, then]) expect([status, data.state]).toEqual([202, 'scheduled']);
  });

  it('tries again, with back-off, what the mail server cannot take now', async () => {
    shop.mail.refuse('alan@example.com', 451);
    const { data } = await shop.post('/notifications', { recipient: 'alan@example.com', message: 'Second time lucky' });

    expect(await shop.jobIn(data.jobId, 'completed')).toMatchObject({ attempts: 2, error: null });
    expect(shop.mail.mailsTo('alan@example.com')).toHaveLength(1);
  });

  it('gives up at once on what the mail server refuses for good', async () => {
    shop.mail.refuse('nobody@example.com', 550);
    const { data } = await shop.post('/notifications', { recipient: 'nobody@example.com' });

    const job = await shop.jobIn(data.jobId, 'failed');

    expect(job.attempts).toBe(1);
    expect(job.error.message).toContain('refuses');
  });

  it('SA2: mails in process, after the response', async () => {
    const answer = await shop.post('/notifications/quick', { email: 'quick@example.com' });

    expect(answer).toMatchObject({ status: 202, data: { accepted: true } });
    expect((await shop.mail.mailTo('quick@example.com')).text).toContain('Hello');
  });

  it('SA6: signs a user up; the welcome mail follows the response', async () => {
    const { status, data } = await shop.post('/users', { email: 'eve@example.com', name: 'Eve' });

    expect(status).toBe(201);
    expect(data).toMatchObject({ userId: expect.any(String), email: 'eve@example.com', name: 'Eve' });
    expect((await shop.mail.mailTo('eve@example.com')).subject).toBe('Welcome, Eve');
  });

  it('SA8: schedules a reminder for a user, and for no one else', async () => {
    const { data: user } = await shop.post('/users', { email: 'mary@example.com', name: 'Mary' });
    const reminder = await shop.post(`/users/${user.userId}/reminders`, { delay: '1h' });
    const soon = await shop.post(`/users/${user.userId}/reminders`, { delay: '1ms' });

    expect(reminder).toMatchObject({ status: 202, data: { state: 'scheduled' } });
    expect((await shop.mail.mailTo('mary@example.com', 'reminded')).text).toContain('Mary');
    await shop.jobIn(soon.data.jobId, 'completed');
    expect(await shop.post('/users/nobody/reminders', { delay: '1h' })).toMatchObject({ status: 404 });
    expect(await shop.post(`/users/${user.userId}/reminders`, {})).toMatchObject({ status: 400 });
  });
});

describe('a shop that closes', () => {
  afterEach(() => Shop.closeAll());

  it('SA6: still sends the mails it owes before the process ends', async () => {
    const shop = await Shop.open({}, { worker: false });
    await shop.post('/users', { email: 'last@example.com', name: 'Last' });

    expect(await shop.api.stop()).toBe(0);

    expect(shop.mail.mailsTo('last@example.com')).toHaveLength(1);
  });
});
