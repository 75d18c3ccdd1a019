import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { MailServer } from './mail-server.js';
import { Program } from './program.js';

/** What the JSON of an answer holds: each test says what it expects of it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

export interface Answer {
  status: number;
  headers: Headers;
  /** What stands in `data`. */
  data: Json;
  /** What stands in `error`. */
  error: Json;
}

/** The shop as it runs in earnest: API and worker as processes, a mail server, and a folder of its own for the rest. */
export class Shop {
  private static readonly opened = new Set<Shop>();

  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-shop-'));
  url = '';
  api!: Program;
  worker: Program | undefined;

  private constructor(
    readonly mail: MailServer,
    private readonly given: Record<string, string>,
  ) {}

  /** Opens it. Without a worker jobs wait until `startWorker()`. */
  static async open(env: Record<string, string> = {}, { worker = true } = {}): Promise<Shop> {
    const shop = new Shop(await MailServer.start(), env);
    Shop.opened.add(shop);
    shop.api = Program.start('dist/apps/api/src/main.js', shop.env);
    const [url] = await Promise.all([shop.api.ready, worker && shop.startWorker()]);
    shop.url = url.replace('[::1]', '127.0.0.1');
    return shop;
  }

  async startWorker(): Promise<Program> {
    this.worker = Program.start('dist/apps/worker/src/main.js', this.env);
    await this.worker.ready;
    return this.worker;
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.call('POST', path, body === undefined ? undefined : JSON.stringify(body));
  }

  delete(path: string): Promise<Answer> {
    return this.call('DELETE', path);
  }

  async call(method: string, path: string, body?: string): Promise<Answer> {
    const headers = body === undefined ? undefined : { 'content-type': 'application/json' };
    const response = await fetch(this.url + path, { method, body, headers });
    const { data, error } = (await response.json()) as { data?: unknown; error?: unknown };
    return { status: response.status, headers: response.headers, data, error };
  }

  /** The job once it is in one of `states`. */
  jobIn(jobId: string, ...states: string[]): Promise<Json> {
    const look = async (): Promise<Json> => {
      const { data } = await this.get(`/jobs/${jobId}`);
      return states.includes(data?.state as string) && data;
    };
    return eventually(look, { within: 20_000, what: `job ${jobId} to be ${states.join(' or ')}` });
  }

  /** Stops everything and answers how API and worker ended. */
  async close(): Promise<(number | string)[]> {
    Shop.opened.delete(this);
    const endings = await Promise.all([this.api.stop(), this.worker?.stop() ?? Promise.resolve(0)]);
    await this.mail.stop();
    rmSync(this.folder, { recursive: true, force: true });
    return endings;
  }

  /** Closes what a test has left open, be it because it failed. */
  static async closeAll(): Promise<void> {
    await Promise.all([...Shop.opened].map((shop) => shop.close()));
  }

  /** What its processes find in their environment. */
  get env(): Record<string, string> {
    return {
      PORT: '0',
      HOST: '127.0.0.1',
      WORKER_HEALTH_PORT: '0',
      WORKER_GRACE: '5s',
      QUEUE_URL: `sqlite:${this.folder}/queue.db`,
      DATABASE_URL: `sqlite:${this.folder}/shop.db`,
      SMTP_URL: this.mail.url,
      MAIL_DIR: `${this.folder}/mail`,
      REPORTS_DIR: `${this.folder}/reports`,
      ...this.given,
    };
  }
}
