import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Discard, QueueModule, Schedules, TaskContext, WorkerModule } from 'millrace';
import { QueueTester, testingQueue } from 'millrace/testing';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions } from '../database/data-source.js';
import { migrate } from '../database/migrate.js';
import { ReportCleanUp } from './report-clean-up.js';
import { ReportFiles } from './report-files.js';
import type { ReportRenderer } from './report-renderer.js';
import { Report } from './report.entity.js';
import { ReportHandlers } from './reports.handlers.js';
import { ReportsModule } from './reports.module.js';
import { ReportsService } from './reports.service.js';
import { ReportTasks } from './reports.tasks.js';

const night = Date.parse('2026-11-21T03:00:00Z');
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

describe('ReportCleanUp', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-clean-up-'));
  let q: QueueTester;

  /** The part of the worker that tidies up, a minute before. */
  beforeEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    const settings = Object.assign(new Settings(), { REPORTS_DIR: folder });
    @Global()
    @Module({ providers: [{ provide: Settings, useValue: settings }], exports: [Settings] })
    class SettingsModule {}
    const { store, clock } = testingQueue(night - minute);
    const imports = [
      SettingsModule,
      TypeOrmModule.forRootAsync({
        useFactory: () => dataSourceOptions('sqlite::memory:'),
        dataSourceFactory: async (options) => {
          const database = await new DataSource(options!).initialize();
          await migrate(database);
          return database;
        },
      }),
      ReportsModule,
      QueueModule.forRoot({ store, clock }),
      WorkerModule.forRoot({ queues: { housekeeping: 1 } }),
    ];
    const app = await Test.createTestingModule({ imports, providers: [ReportCleanUp] }).compile();
    app.useLogger(false);
    q = QueueTester.of(await app.init());
  });
  afterEach(() => q.close());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const rows = () => q.get(DataSource).getRepository(Report);

  /** A rendered report, made so many milliseconds before the night. */
  async function report(age: number): Promise<string> {
    const { id } = await q.get(ReportsService).request('Sales', []);
    await rows().update(id, { createdAt: new Date(night - age).toISOString() });
    await q.get(ReportFiles).write(id, Buffer.from('%PDF-'));
    return id;
  }

  const kept = async () => (await rows().find()).map(({ id }) => id).sort();
  const files = () =>
    readdirSync(folder)
      .map((name) => name.replace('.pdf', ''))
      .sort();

  /** Turns the clock, and answers the jobs of a task once all of them have ended. */
  async function after(by: number, task: typeof ReportTasks.cleanUp | typeof ReportTasks.sweep) {
    await q.clock.advance(by);
    await q.drain();
    return q.enqueued(task);
  }

  describe('cleanUp', () => {
    it('SA11: at 03:00 deletes exactly the reports that are older than 30 days, and their files', async () => {
      const old = [await report(30 * day + 1), await report(400 * day)];
      const young = [await report(30 * day), await report(day)].sort();

      expect(await after(minute - 1, ReportTasks.cleanUp)).toEqual([]);
      expect(await kept()).toEqual([...old, ...young].sort());

      const [job] = await after(1, ReportTasks.cleanUp);

      expect(job).toMatchObject({
        state: 'completed',
        result: { deleted: 2 },
        jobId: 'schedule:reports.cleanUp@2026-11-21T03:00:00.000Z',
      });
      expect([await kept(), files()]).toEqual([young, young]);
    });

    it('SA11: says before and after what it does, in the log of the job', async () => {
      await report(31 * day);

      const [job] = await after(minute, ReportTasks.cleanUp);

      expect(job!.log).toEqual([
        expect.stringContaining('Deletes reports from before 2026-10-22T03:00:00.000Z'),
        expect.stringContaining('Deleted 1 reports'),
      ]);
    });

    it('goes through more reports than fit a page', async () => {
      for (let i = 0; i < 250; i++) await report(40 * day);

      const [job] = await after(minute, ReportTasks.cleanUp);

      expect([job!.result, await kept(), files()]).toEqual([{ deleted: 250 }, [], []]);
    });

    it('runs every night, and finds nothing when it is run again', async () => {
      await report(31 * day);
      const schedules = q.get(Schedules);

      await after(minute + 1, ReportTasks.cleanUp);
      await schedules.trigger('reports.cleanUp');
      const jobs = await after(0, ReportTasks.cleanUp);

      expect((await schedules.get('reports.cleanUp'))!.next).toBe(night + day);
      expect(jobs.map(({ result }) => result)).toEqual([{ deleted: 1 }, { deleted: 0 }]);
    });

    it('finishes what an attempt that died had begun: rows that are gone still have their files removed', async () => {
      await report(31 * day);
      const checkpoints: unknown[] = [];
      const dying = new ReportCleanUp(q.get(ReportsService), {
        remove: async (ids: string[]) => {
          if (ids.length > 0) throw new Error('died');
        },
      } as ReportFiles);
      const checkpoint = async (data: unknown) => void checkpoints.push(data);
      const died = dying.cleanUp(undefined, TaskContext.fake({ scheduledFor: night, checkpoint }));
      await expect(died).rejects.toThrow('died');
      expect([await kept(), files()]).toMatchObject([[], { length: 1 }]);

      const again = TaskContext.fake({ scheduledFor: night, lastCheckpoint: checkpoints.at(-1) });

      expect(await q.get(ReportCleanUp).cleanUp(undefined, again)).toEqual({ deleted: 1 });
      expect(files()).toEqual([]);
    });

    it('leaves no file of a report that was being rendered when it went', async () => {
      const id = await report(31 * day);
      const renderer = {
        render: async () => {
          expect(await after(minute, ReportTasks.cleanUp)).toMatchObject([{ result: { deleted: 1 } }]);
          return Buffer.from('%PDF-');
        },
      } as unknown as ReportRenderer;
      const handlers = new ReportHandlers(q.get(ReportsService), renderer, q.get(ReportFiles));

      await expect(handlers.render({ reportId: id }, TaskContext.fake())).rejects.toThrow(Discard);
      expect(files()).toEqual([]);
    });
  });

  describe('sweep', () => {
    it('SA11: every hour removes files that have been half written for an hour, and only those', async () => {
      const whole = await report(day);
      for (const name of ['dead', 'at-work']) writeFileSync(join(folder, `${name}.part`), '%PDF');
      const long = new Date(Date.now() - 2 * hour);
      for (const name of ['dead.part', `${whole}.pdf`]) utimesSync(join(folder, name), long, long);

      expect(await after(hour - 1, ReportTasks.sweep)).toEqual([]);
      const [job] = await after(1, ReportTasks.sweep);

      expect(job).toMatchObject({ state: 'completed', result: { removed: 1 } });
      expect(files()).toEqual([whole, 'at-work.part'].sort());
    });
  });
});
