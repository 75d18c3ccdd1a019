import { redisAvailable, type RunningRedis, startRedis } from '../../../testkit/redis-server.js';
import { compareWithMemory } from '../behaviour/model.js';
import { redis } from './index.js';

const suite = redisAvailable() ? describe : describe.skip;

suite('on a real server', () => {
  let server: RunningRedis;
  let histories = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  compareWithMemory('redis', (clock) =>
    redis({ url: server.url, namespace: `h${++histories}`, clock, onWarning: () => {} }),
  );
});
