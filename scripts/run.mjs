import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command in the project's root, its output shown as it comes. Answers the exit code. */
export function run(command, args, { env = {}, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    const said = [];
    child.stdout?.on('data', (chunk) => said.push(chunk));
    child.stderr?.on('data', (chunk) => said.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0 && quiet) process.stdout.write(Buffer.concat(said));
      resolve(code ?? 1);
    });
  });
}

/** A binary of the project's own dependencies. */
export function bin(name, args, options) {
  return run(process.execPath, [`${root}node_modules/.bin/${name}`, ...args], options);
}

/** Runs named steps in turn, with the time each took; stops at the first that fails, with its exit code. */
export async function steps(list) {
  const began = Date.now();
  for (const [index, [title, step]] of list.entries()) {
    const at = Date.now();
    console.log(`\n[${index + 1}/${list.length}] ${title} …`);
    const code = await step();
    const took = ((Date.now() - at) / 1000).toFixed(1);
    if (code !== 0) {
      console.log(`[${index + 1}/${list.length}] ${title}: failed after ${took} s`);
      process.exit(code);
    }
    console.log(`[${index + 1}/${list.length}] ${title}: done in ${took} s`);
  }
  console.log(`\nAll ${list.length} steps passed in ${((Date.now() - began) / 1000).toFixed(0)} s.`);
}
