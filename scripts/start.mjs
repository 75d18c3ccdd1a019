// `npm start`: builds when needed, then runs API and worker as two processes until Ctrl-C.
import { buildIfStale } from './build.mjs';
import { Processes } from './processes.mjs';

await buildIfStale();

const processes = new Processes();
processes.stopOnSignals();
const starting = [
  processes.start('api', 'dist/apps/api/src/main.js'),
  processes.start('worker', 'dist/apps/worker/src/main.js'),
];

// When one of them fails, both are stopped and its own words stand above.
const [api, worker] = await Promise.all(starting).catch(() => new Promise(() => {}));
console.log(`
  API      ${api}
  Docs     ${api}/docs
  Worker   ${worker}/readyz

  Try      curl -s ${api}/orders -H 'content-type: application/json' \\
             -d '{"customerEmail":"ada@example.com","items":[{"sku":"TEA-01","quantity":2}]}'
  then     curl -s ${api}/jobs/<jobId>

  Ctrl-C stops both.
`);
