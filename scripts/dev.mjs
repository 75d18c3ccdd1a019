// `npm run dev`: compiles library and apps on every change, and restarts what the change concerns.
import { buildIfStale } from './build.mjs';
import { Processes } from './processes.mjs';

await buildIfStale();

const processes = new Processes();
processes.stopOnSignals();
for (const project of [
  'libs/queue/tsconfig.build.json',
  'apps/api/tsconfig.app.json',
  'apps/worker/tsconfig.app.json',
]) {
  compile(project);
}
for (const app of ['api', 'worker']) restart(app);

function compile(project) {
  const args = ['--project', project, '--watch', '--preserveWatchOutput'];
  void processes.start('compile', 'node_modules/typescript/bin/tsc', { args });
}

/** Node watches every file the app has loaded, the library's among them. */
function restart(app) {
  void processes.start(app, `dist/apps/${app}/src/main.js`, { execArgv: ['--watch', '--watch-preserve-output'] });
}
