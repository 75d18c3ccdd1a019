import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Settings } from '../src/config/settings.js';

/** No container engine runs here, so what the files say is compared with what the project has. */
const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose;
const dockerfile = readFileSync('Dockerfile', 'utf8').replace(/\\\n\s*/g, '');
const stages = dockerfile
  .split(/^FROM /m)
  .slice(1)
  .map(stageOf);
const apps = ['api', 'worker'] as const;
const defaults = new Settings();

describe('Dockerfile', () => {
  it('has a target per app, and a last stage for each that is not root', () => {
    for (const app of apps) {
      const stage = stageNamed(app);
      expect(stageNamed(stage.from).arguments('USER')).toEqual(['node']);
    }
  });

  it('runs commands without a shell, so that signals arrive', () => {
    const commands = stages.flatMap((stage) => [...stage.arguments('CMD'), ...stage.arguments('RUN')]);
    const checks = stages.flatMap((stage) => stage.arguments('HEALTHCHECK')).map((text) => text.split(' CMD ')[1]!);

    for (const command of [...commands, ...checks]) expect(JSON.parse(command)).toEqual(expect.any(Array));
    expect(checks).toHaveLength(apps.length);
  });

  it.each(apps)('starts a program of %s that the build makes', (app) => {
    const [node, file] = JSON.parse(stageNamed(app).arguments('CMD')[0]!);

    expect(node).toBe('node');
    expect(file).toBe(`dist/apps/${app}/src/main.js`);
    expect(existsSync(file)).toBe(true);
  });

  it('copies only what the project, or its build, has', () => {
    const sources = stages.flatMap((stage) => stage.arguments('COPY').flatMap((text) => copied(text)));

    expect(sources.length).toBeGreaterThan(8);
    expect(sources.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('runs scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const names = [...dockerfile.matchAll(/"npm", "run", "([\w:]+)"/g)].map((match) => match[1]);

    expect(names).toContain('build');
    for (const name of names) expect(Object.keys(scripts)).toContain(name);
  });

  it.each([
    ['api', defaults.PORT],
    ['worker', defaults.WORKER_HEALTH_PORT],
  ])('exposes and checks the port %s listens on by default', (app, port) => {
    expect(stageNamed(app).arguments('EXPOSE')).toEqual([String(port)]);
    expect(stageNamed(app).arguments('HEALTHCHECK')[0]).toContain(`http://127.0.0.1:${port}/readyz`);
  });
});

describe('docker-compose.yml', () => {
  it('has the shop and what it needs, three workers among them', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['api', 'mail', 'postgres', 'valkey', 'worker']);
    expect(service('worker').deploy.replicas).toBe(3);
  });

  it.each(apps)('builds %s from a target of the Dockerfile', (app) => {
    expect(service(app).build).toEqual({ context: '.', target: app });
  });

  it.each(apps)('gives %s only variables that the settings know', (app) => {
    const given = Object.keys(service(app).environment);

    expect(given.filter((name) => !(name in defaults))).toEqual([]);
    expect(given).toEqual(expect.arrayContaining(['QUEUE_URL', 'DATABASE_URL', 'SMTP_URL']));
  });

  it('points the shop at services it starts, on their ports', () => {
    const ports: Record<string, string> = { valkey: '6379', postgres: '5432', mail: '1025' };
    for (const app of apps) {
      const urls = Object.entries<string>(service(app).environment).filter(([name]) => name.endsWith('_URL'));
      for (const [, text] of urls) {
        const { hostname, port } = new URL(text);
        expect(ports[hostname]).toBe(port);
        expect(service(app).depends_on[hostname]).toEqual({ condition: 'service_healthy' });
        expect(service(hostname).healthcheck.test[0]).toBe('CMD');
      }
    }
  });

  it('uses the credentials it gives to Postgres', () => {
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = service('postgres').environment;
    const url = `postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@postgres:5432/${POSTGRES_DB}`;

    for (const app of apps) expect(service(app).environment.DATABASE_URL).toBe(url);
  });

  it('publishes the port the API listens on', () => {
    const { environment, ports } = service('api');

    expect(ports).toEqual([`${environment.PORT}:${environment.PORT}`]);
    expect(stageNamed('api').arguments('EXPOSE')).toEqual([environment.PORT]);
  });

  it('keeps jobs over a restart of the store, and refuses rather than evicts', () => {
    const { command, volumes } = service('valkey');

    expect(command.join(' ')).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
    expect(Object.keys(compose.volumes)).toContain(volumes[0]!.split(':')[0]);
  });

  it('waits longer for an app than its grace', () => {
    const grace = parseInt(service('worker').environment.WORKER_GRACE!);
    for (const app of apps) expect(parseInt(service(app).stop_grace_period)).toBeGreaterThan(grace);
  });

  it('shares one folder of reports between API and workers', () => {
    for (const app of apps) {
      const { volumes, environment } = service(app);
      const [volume, path] = volumes[0]!.split(':');
      expect(Object.keys(compose.volumes)).toContain(volume);
      expect(environment.REPORTS_DIR).toMatch(new RegExp(`^${path}/`));
    }
  });
});

describe('.env.example', () => {
  it('shows every setting with its default', () => {
    const lines = readFileSync('.env.example', 'utf8')
      .split('\n')
      .filter((line) => /^\w+=/.test(line));
    const shown = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );

    const expected = Object.entries(defaults).map(([name, value]) => [name, String(value ?? '')]);
    expect(shown).toEqual(Object.fromEntries(expected));
  });
});

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

interface Service {
  build: unknown;
  environment: Record<string, string>;
  ports: string[];
  volumes: string[];
  depends_on: Record<string, unknown>;
  deploy: { replicas: number };
  healthcheck: { test: string[] };
  command: string[];
  stop_grace_period: string;
}

function stageOf(text: string) {
  const [head = '', ...rest] = text.split('\n');
  const [from = '', name = ''] = head.split(' AS ');
  const instructions = rest.filter((line) => /^\s*[A-Z]+ /.test(line)).map((line) => line.trim());
  return {
    from,
    name,
    arguments: (instruction: string) =>
      instructions
        .filter((line) => line.startsWith(`${instruction} `))
        .map((line) => line.slice(instruction.length + 1)),
  };
}

function stageNamed(name: string) {
  return stages.find((stage) => stage.name === name) ?? fail(`There is no stage ${name}`);
}

function fail(why: string): never {
  throw new Error(why);
}

function service(name: string): Service {
  return compose.services[name] ?? fail(`There is no service ${name}`);
}

/** The sources of a COPY, those of an earlier stage as paths below its working directory. */
function copied(text: string): string[] {
  const words = text.split(' ').filter((word) => !word.startsWith('--'));
  return words.slice(0, -1).map((path) => path.replace(/^\/app\//, ''));
}
