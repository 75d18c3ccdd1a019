import { readSettings, Settings } from './settings.js';

describe('readSettings', () => {
  it('has a default for whatever the environment leaves out', () => {
    expect(readSettings({})).toEqual(new Settings());
  });

  it('takes what the environment says, and only what it knows', () => {
    const settings = readSettings({ PORT: '8080', HOST: '127.0.0.1', QUEUE_URL: 'redis://cache:6379', HOME: '/root' });

    expect(settings).toMatchObject({ PORT: 8080, HOST: '127.0.0.1', QUEUE_URL: 'redis://cache:6379' });
    expect(settings).not.toHaveProperty('HOME');
  });

  it('treats an empty variable as absent', () => {
    expect(readSettings({ SMTP_URL: '', PORT: '' })).toMatchObject({ SMTP_URL: undefined, PORT: 3000 });
  });

  it.each([
    ['PORT', 'eighty', 'PORT must be a whole number from 0 to 65535'],
    ['PORT', '70000', 'PORT must be a whole number from 0 to 65535'],
    ['QUEUE_URL', 'mysql://x', 'QUEUE_URL must look like'],
    ['DATABASE_URL', 'redis://x', 'DATABASE_URL must look like'],
    ['SMTP_URL', 'mail', 'SMTP_URL must look like'],
    ['API_PREFIX', 'api/', 'API_PREFIX must look like'],
    ['SHOP_OWNER_EMAIL', 'owner', 'SHOP_OWNER_EMAIL must look like'],
    ['SCHEDULE_MIN_INTERVAL', '5ms', 'SCHEDULE_MIN_INTERVAL must look like'],
    ['WORKER_GRACE', 'soon', 'WORKER_GRACE must look like'],
  ])('refuses %s=%s with a sentence', (name, value, sentence) => {
    expect(() => readSettings({ [name]: value })).toThrow(sentence);
  });
});
