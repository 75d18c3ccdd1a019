import { mergeSettings, unset } from '../settings.js';
import type { Lane, QueueSettings, Rate, SettingsChange, TaskSettings } from '../store.js';
import type { Lanes } from './lanes.js';
import { gateText, nameOfGate } from './gate-wire.js';

/** The registry holds the settings of a queue as `<version> <JSON>`; every lane has what its scripts need of them, and the version. */
export function settingsOf(text: string | null | undefined): QueueSettings {
  return text ? (JSON.parse(text.slice(text.indexOf(' ') + 1)) as QueueSettings) : structuredClone(unset);
}

/** Every lane of the queue gets the settings, so that a worker reads them where it takes its jobs. */
export async function configure(lanes: Lanes, queue: string, change: SettingsChange): Promise<QueueSettings> {
  await lanes.connection.ask(() => lanes.know({ queue, shard: 0 }));
  // The registry first: a lane that begins meanwhile reads it there.
  const { version, settings } = await write(lanes, queue, change);
  await Promise.all((await lanes.all(queue)).map((lane) => tell(lanes, lane, version, settings, change)));
  return settings;
}

/** Puts what is new in the place of what was read, until nobody came between. */
async function write(lanes: Lanes, queue: string, change: SettingsChange) {
  const { connection, keys } = lanes;
  const ask = (before: string, text: string) =>
    connection.ask(() => connection.run('settings', [keys.settings], [queue, before, text]));
  let before = (await connection.ask((client) => client.hget(keys.settings, queue))) ?? '';
  for (;;) {
    const settings = mergeSettings(settingsOf(before), change);
    const [written, found] = (await ask(before, JSON.stringify(settings))) as [number, string];
    if (written === 1) return { version: found, settings };
    before = found;
  }
}

async function tell(lanes: Lanes, lane: Lane, version: string, settings: QueueSettings, change: SettingsChange) {
  const tasks = Object.entries(change.tasks ?? {});
  const groups = tasks.some(([, said]) => said === null || said.group !== undefined);
  const again = tasks.flatMap(([task]) => [word(task), nameOfGate({ kind: 'task', key: task })]);
  const looks = settings.paused ? '' : '1';
  for (let from = groups ? '0' : ''; ;) {
    const args = [...settingsArguments(version, settings, change.rate ? '1' : '', looks, from), ...again];
    from = await lanes.run<string>('configure', lane, args);
    if (from === '') return;
  }
}

/** What a lane that begins is told of the settings of its queue. */
export function argumentsForNew(text: string): (string | number)[] {
  return settingsArguments(text.slice(0, text.indexOf(' ')), settingsOf(text), '', '', '');
}

function settingsArguments(
  version: string,
  { paused, maxReady, maxActive, rate, weights, tasks }: QueueSettings,
  newRate: string,
  looks: string,
  from: string,
): (string | number)[] {
  const said = Object.entries(tasks).flatMap(([task, rule]) => [word(task), ruleText(task, rule)]);
  return [
    version, paused ? 1 : 0, bound(maxReady), bound(maxActive), rate?.interval ?? 0, rate?.slack ?? 0,
    ...(weights ?? [0, 0, 0, 0]), newRate, looks, from, said.length / 2, ...said,
  ]; // prettier-ignore
}

/** One above the setting, 0 for none. */
function bound(setting: number | null): number {
  return setting === null ? 0 : setting + 1;
}

/** As it is told in `lua/gates.lua`. */
function ruleText(task: string, { paused, max, rate, group }: TaskSettings): string {
  const names = paused !== undefined || typeof max === 'number' || rate;
  const gate = names ? gateText({ kind: 'task', key: task }) : '';
  return [paused ? 1 : '', ...bounds(max, rate), ...bounds(group?.max, group?.rate), gate].join(',');
}

/** Nothing where nothing is said, a dash for no bound. */
function bounds(max: number | null | undefined, rate: Rate | null | undefined) {
  const [interval, slack] = rate === null ? ['-', ''] : [rate?.interval ?? '', rate?.slack ?? ''];
  return [max === null ? '-' : (max ?? ''), interval, slack];
}

/** The name of a task as it stands in a birth. */
function word(task: string): string {
  return Buffer.from(task).toString();
}
