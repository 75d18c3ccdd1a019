import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
/** No test can time out while it waits for such a call: it must end by itself. */
const patient = { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' } as const;

describe('the package, as npm packs it', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-pack-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const npm = (args: string[], cwd: string) =>
    execFileSync('npm', args, { cwd, ...patient, stdio: ['ignore', 'pipe', 'pipe'] });

  it('TD3: installs into an empty Nest app, without ioredis, and runs a task on SQLite', () => {
    const tarball = pack();
    const app = emptyNestApp();
    install(tarball, app);
    writeFileSync(join(app, 'main.ts'), program);
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(compiler));

    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', app], patient);
    const said = execFileSync(process.execPath, ['main.js'], {
      ...patient,
      cwd: app,
      env: { ...process.env, NODE_ENV: 'development' },
    });

    expect(said).toContain('hello Ada');
  });

  it('holds what it needs and nothing else: no tests, no sources, a licence and a page to read', () => {
    const [listing] = JSON.parse(npm(['pack', '--dry-run', '--json'], join(root, 'libs/queue'))) as [
      { files: { path: string }[] },
    ];
    const paths = listing.files.map((file) => file.path);

    expect(paths).toEqual(
      expect.arrayContaining([
        'package.json',
        'README.md',
        'LICENSE',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/cli/main.js',
      ]),
    );
    expect(paths.filter((path) => /\.spec\.|^src\/|testkit|behaviour/.test(path))).toEqual([]);
  });

  function pack(): string {
    const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], join(root, 'libs/queue'))) as [
      { filename: string },
    ];
    return join(folder, packed.filename);
  }

  function emptyNestApp(): string {
    const app = join(folder, 'app');
    mkdirSync(join(app, 'node_modules'), { recursive: true });
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
    return app;
  }

  /** Unpacks the tarball and lends the app every installed package but the one under test and the driver it must not need. */
  function install(tarball: string, app: string): void {
    const modules = join(root, 'node_modules');
    for (const name of readdirSync(modules)) {
      if (name.startsWith('.') || name === 'millrace' || name === 'ioredis') continue;
      symlinkSync(join(modules, name), join(app, 'node_modules', name));
    }
    execFileSync('tar', ['-xzf', tarball, '-C', folder]);
    cpSync(join(folder, 'package'), join(app, 'node_modules/millrace'), { recursive: true });
    expect(existsSync(join(app, 'node_modules/millrace/dist/index.js'))).toBe(true);
  }
});

const compiler = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    types: [],
  },
  files: ['main.ts'],
};

/** What a newcomer writes first. */
const program = `
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { defineTasks, QueueModule, returns, Task, task, WorkerModule } from 'millrace';

class Greet { name!: string }
class GreetTasks extends defineTasks('greet', { hello: task({ payload: { '~standard': { version: 1 as const, vendor: 'own', validate: (value: unknown) => ({ value: value as Greet }) } }, returns: returns<string>() }) }) {}

@Injectable()
class GreetHandlers {
  @Task(GreetTasks.hello)
  async hello(payload: Greet) { return 'hello ' + payload.name; }
}

@Module({ imports: [QueueModule.forRoot(), QueueModule.forFeature([GreetTasks]), WorkerModule.forRoot({ health: false })], providers: [GreetHandlers] })
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
console.log(await app.get(GreetTasks).hello.run({ name: 'Ada' }, { timeout: '10s' }));
await app.close();
`;
