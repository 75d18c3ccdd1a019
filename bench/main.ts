/**
 * First figures: `npm run bench [-- --store sqlite|redis] [--jobs N] [--json]`.
 *
 * `latency`: enqueue on an idle system in this process, start in a worker process, milliseconds.
 * `add`: jobs per second through `enqueueMany`, 1 000 a call.
 * `process`: jobs per second of one worker process at concurrency 100, from a full queue, results not kept.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bindTasks, fromUrl, Queue } from 'millrace';
import { startRedis } from '../libs/queue/testkit/redis-server.js';
import { BenchTasks } from './bench.tasks.js';

const { values: args } = parseArgs({
  options: {
    store: { type: 'string' },
    jobs: { type: 'string', default: '50000' },
    json: { type: 'boolean', default: false },
  },
});
const say = (text: string) => void (args.json || process.stderr.write(`${text}\n`));
const jobs = Number(args.jobs);

for (const store of args.store ? [args.store] : ['sqlite', 'redis']) {
  const figures = await measure(store);
  if (args.json) console.log(JSON.stringify({ store, ...figures }));
  else console.table({ [store]: figures });
}

async function measure(kind: string) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const server = kind === 'redis' ? await startRedis() : undefined;
  const url = server?.url ?? `sqlite:${join(folder, 'queue.db')}`;
  const store = await fromUrl(url);
  await store.open();
  const tasks = bindTasks(BenchTasks, new Queue({ store }));
  try {
    say(`${kind}: adding ${jobs} jobs …`);
    const add = await rate(jobs, async () => {
      for (let at = 0; at < jobs; at += 1000) {
        await tasks.noop.enqueueMany(Array.from({ length: Math.min(1000, jobs - at) }, () => ({})));
      }
    });
    say(`${kind}: one worker process at concurrency 100 …`);
    let worker = await startWorker(url);
    const began = performance.now();
    for (;;) {
      const [queue] = (await store.counts()).filter((queue) => queue.queue === 'bench');
      if (queue!.counts.ready + queue!.counts.active === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const processed = Math.round((jobs * 1000) / (performance.now() - began));
    await worker.stop();

    say(`${kind}: 200 jobs, one at a time, on an idle system …`);
    worker = await startWorker(url);
    const waits: number[] = [];
    for (let n = 0; n < 220; n++) {
      const at = performance.timeOrigin + performance.now();
      const started = await tasks.stamp.run(undefined, { timeout: '10s' });
      if (n >= 20) waits.push(started - at);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await worker.stop();
    waits.sort((a, b) => a - b);
    return {
      'add /s': add,
      'process /s': processed,
      'latency p50 ms': Number(waits[Math.floor(waits.length * 0.5)]!.toFixed(2)),
      'latency p99 ms': Number(waits[Math.floor(waits.length * 0.99)]!.toFixed(2)),
    };
  } finally {
    await store.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rate(count: number, work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round((count * 1000) / (performance.now() - began));
}

async function startWorker(url: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bench.worker.js')], {
    env: { ...process.env, QUEUE_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
