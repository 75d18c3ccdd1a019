import { redisAvailable, type RunningRedis, startRedis } from '../../../testkit/redis-server.js';
import { describeStore } from '../behaviour/index.js';
import { redis } from './index.js';

const suite = redisAvailable() ? describe : describe.skip;

suite('on a real server', () => {
  let server: RunningRedis;
  let tests = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  describeStore('redis', (clock) => redis({ url: server.url, namespace: `t${++tests}`, clock, onWarning: () => {} }));
});
