import type { Figure, Result, StoreKind } from '../scenario.js';
import { type Picture, type PictureName, picturesOf } from './charts.js';
import type { Machine } from './machine.js';
import type { Results } from './results.js';
import { allFigures, details, headlines, rowsOf, storeTitles } from './tables.js';
import { fullTitleOf, shown, times } from './words.js';

/** The page, in Markdown. Its pictures lie in `folder`, seen from the page. */
export function pageOf({ measured, machine, results }: Results, folder: string): string {
  const pictures = picturesOf(results);
  return [
    introduction,
    `## The machine\n\n${machineWords(machine, measured)}`,
    `## All scenarios\n\n${howToRead}`,
    ...summaries(results),
    ...unmet(results),
    ...weaker(results),
    ...sectionsOf(results, pictures, folder),
    semantics,
    method,
    repeat,
  ].join('\n\n');
}

const introduction = `# Benchmarks

How much work Millrace does, how long a job waits, and what it costs, beside two other queues for Node.js on Redis: [BullMQ](https://github.com/taskforcesh/bullmq) and [bee-queue](https://github.com/bee-queue/bee-queue). All of them were measured in the same run, in turns, on the same machine and with the same payload. Handlers do nothing, so these figures are what the queue itself costs; where a handler takes milliseconds, they matter little, and what a queue can do for you matters more.

This page is written by a program from the figures of one run. Rates depend on the machine, so read the ratios first, and [measure on yours](#how-to-repeat) before you decide.`;

function machineWords({ cpu, cores, memoryGiB, system, node, server, packages }: Machine, measured: string): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${cores} cores of ${cpu}, ${memoryGiB} GiB of memory, ${system}, Node.js ${node.replace(/^v/, '')}, ${server} without persistence, everything on this one machine. Measured on ${measured} with ${versions.join(', ')}.`,
    `The server, the process that adds and the one that works share these ${cores} cores.`,
  ].join('\n\n');
}

const howToRead = `Each figure is the median of all rounds, and in brackets the least and the most. *Better* says how many times better Millrace is than the peer to its left: 2× is twice the rate, or half of the time or cost; below 1× the peer is the better one. The targets were set before the figures were taken.`;

/** A table per store, so that the peers have no empty columns where they cannot take part. */
function summaries(results: readonly Result[]): string[] {
  const apart = new Set(sections.flatMap((section) => (section.apart ? section.scenarios : [])));
  return (Object.keys(storeTitles) as StoreKind[]).flatMap((store) => {
    const own = results.filter((result) => result.store === store && !apart.has(result.scenario));
    return own.length > 0 ? [`### On ${storeTitles[store]}\n\n${headlines(own)}`] : [];
  });
}

interface Section {
  title: string;
  scenarios: readonly string[];
  says: string;
  /** Its figures stand here alone, and not in the table of all scenarios. */
  apart?: boolean;
  pictures?: readonly PictureName[];
}

const sections: readonly Section[] = [
  {
    title: 'Adding jobs',
    scenarios: ['add', 'add-concurrent', 'add-bulk'],
    says: `Millrace sends what is enqueued in the same turn of the event loop in one call, so that awaiting many together costs hardly more than one bulk call. One by one, every queue waits for the server once per job.`,
    pictures: ['add'],
  },
  {
    title: 'Running jobs',
    scenarios: ['process-1', 'process-10', 'process-100', 'process-keep-100', 'process-nest-100'],
    says: `One worker process and a full queue. Millrace runs in a Nest application that finds its handlers by their decorators; the peers run their own worker, without Nest unless it says so. A worker of Millrace settles and takes jobs in one call, in larger portions the more it may run at once.`,
    pictures: ['process'],
  },
  {
    title: 'How long a job waits',
    scenarios: ['latency', 'latency-loaded', 'run', 'delayed'],
    says: `From the call of enqueue in one process to the first line of the handler in another. The 99th percentile is what one job in a hundred exceeds.`,
    pictures: ['latency'],
  },
  {
    title: 'What it costs Redis',
    scenarios: ['redis-cpu', 'commands', 'memory'],
    says: `A Redis server has one thread for commands, so its processor time per job is what limits many workers together, and its memory is what limits how many jobs may wait.`,
    pictures: ['redisCpu', 'memory'],
  },
  {
    title: 'When many jobs wait',
    scenarios: ['backlog'],
    says: `After an outage of the workers, the queue is long. The rate should not depend on how long.`,
    pictures: ['backlog'],
  },
  {
    title: 'More processes, a longer way, a fresh start',
    scenarios: ['workers', 'rtt', 'boot'],
    says: `More worker processes help until the cores or the server are used up. A link with a round trip of its own stands for a server elsewhere in the network.`,
    pictures: ['workers'],
  },
  {
    title: 'Schedules',
    scenarios: ['schedule', 'schedule-put', 'schedule-many'],
    says: `Any worker fires, by compare-and-set in the store. What a second costs should depend on what is due, and not on how many schedules there are.`,
  },
  {
    title: 'Limits and turns',
    scenarios: ['limiter', 'groups', 'saturated', 'fair'],
    says: `Rates and concurrency hold over all workers, and are used up. What waits for one of them is in nobody's way.`,
  },
  {
    title: 'Without a server',
    scenarios: ['embedded'],
    says: `Millrace on a SQLite file, beside a peer on Redis: there is nothing to install and nothing to operate, on one machine.`,
  },
  {
    title: 'In an API',
    scenarios: ['http'],
    says: `What a user of an API notices of a queue behind it. The load generator, the API and Redis share the cores of this machine.`,
  },
  {
    title: 'How near to the limit',
    apart: true,
    scenarios: ['floor'],
    says: `The bare scripts are two Lua scripts and a loop that hold jobs under a lease and do nothing else: no retries, times, priorities, limits, cancellation, results or metrics. They show what this machine, this server and this driver can do at most, and are no queue to use.`,
  },
];

function sectionsOf(
  results: readonly Result[],
  pictures: Partial<Record<PictureName, Picture>>,
  folder: string,
): string[] {
  const named = new Set(sections.flatMap(({ scenarios }) => scenarios));
  const others = results.filter(({ scenario }) => !named.has(scenario)).map(({ scenario }) => scenario);
  const all = [...sections, { title: 'Others', scenarios: [...new Set(others)], says: '' }];
  return all.flatMap((section) => {
    const own = results.filter(({ scenario }) => section.scenarios.includes(scenario));
    if (own.length === 0) return [];
    const drawn = (section.pictures ?? []).flatMap((name) => pictures[name] ?? []);
    const images = drawn.map(({ file, alt }) => `![${alt}](${folder}/${file})`);
    const figures = section.apart ? allFigures(own) : details(own);
    const parts = [`## ${section.title}`, section.says, explained(own), ...images, figures];
    return [parts.filter(Boolean).join('\n\n')];
  });
}

/** A scenario that was measured on several stores is explained once. */
function explained(results: readonly Result[]): string {
  const once = new Map(results.toReversed().map((result) => [result.scenario, result]));
  const lines = [...once.values()].toReversed().map(({ scenario, says, jobs, rounds, without = [] }) => {
    const size = jobs ? `${jobs.toLocaleString('en-US')} jobs, ${rounds} rounds.` : `${rounds} rounds.`;
    return `- \`${scenario}\`: ${[says, size, ...without].join(' ')}`;
  });
  return lines.join('\n');
}

function unmet(results: readonly Result[]): string[] {
  const missed = results.flatMap(rowsOf).filter(({ figure }) => figure.target?.met === false);
  if (missed.length === 0) return [];
  const lines = missed.map(({ scenario, figure }) => `- ${scenario}, ${figure.metric}: ${judgement(figure)}.`);
  return [`### Targets that are not met\n\n${lines.join('\n')}`];
}

function judgement({ target, ours, unit, ratio }: Figure): string {
  const besides = Object.entries(ratio).map(([peer, value]) => `${times(value)} ${fullTitleOf(peer)}`);
  return `${target!.text}; measured ${[`${shown(ours)} ${unit}`, ...besides].join(', ')}`;
}

/** Who measures himself should say where he loses. */
function weaker(results: readonly Result[]): string[] {
  const lines = results.flatMap(rowsOf).flatMap(({ scenario, figure }) =>
    peersAhead(figure).map((peer) => {
      const theirs = `${fullTitleOf(peer)} ${shown(figure.peers[peer]!)} ${figure.unit}`;
      return `- ${scenario}, ${figure.metric}: ${theirs}, Millrace ${shown(figure.ours)} (${times(figure.ratio[peer]!)}).`;
    }),
  );
  return lines.length > 0
    ? [`### Where a peer is the better one\n\nBy a twentieth or more:\n\n${lines.join('\n')}`]
    : [];
}

function peersAhead({ ratio }: Figure): string[] {
  return Object.keys(ratio).filter((peer) => peer !== 'floor' && ratio[peer]! <= 0.95);
}

const semantics = `## What the figures do not show

All of them run a job at least once: one whose worker dies runs again. They differ in how they get there, and that is part of the price.

- **Holding jobs.** BullMQ holds each job under a lock of its own, which it renews; bee-queue looks for stalled jobs at intervals. Millrace gives a worker one lease for all it holds, so a lease costs the same whatever the concurrency, and a settlement carries the number of its hold: one that comes too late changes nothing.
- **Portions.** BullMQ and bee-queue take and settle job by job. Millrace takes as many as there are free places and settles what ended together, so its advantage grows with the concurrency. At a concurrency of 1 there are no portions to speak of.
- **Events.** BullMQ writes events to a stream for every job, whether or not somebody reads them. Millrace announces only what somebody waits for.
- **Ids.** BullMQ and bee-queue number jobs on the server. Millrace makes ids in the client, so a call whose answer was lost can be repeated without adding a job twice.
- **Features.** bee-queue has no priorities, repeated jobs or workflows; BullMQ and Millrace have. What a job can do beside being run is not measured here.
- **Durability.** Redis keeps nothing on disk in these runs. What an append-only file costs each of them is not measured here. SQLite runs as it comes: a write-ahead log, \`synchronous\` NORMAL.`;

const method = `## Method

- Each contestant runs in processes of its own, the one that adds apart from the one that works, and in each turn on an empty server started for it.
- Contestants take turns within each round, and every other round goes backwards, so that a machine that slows down or speeds up does so for all of them.
- A job counts when it is settled, not when its handler ran. Rates of running jobs leave out the first fifth as a warm-up and end when nothing waits or is active, which a process that neither adds nor works looks up every 10 ms.
- Payloads are about 200 bytes of JSON. Completed jobs are removed unless the scenario says otherwise. Each library is set up as its documentation says, and has its defaults otherwise.
- Times are taken inside the processes they are about, on one clock. Processor time, memory and commands of Redis are those the server itself reports.

What each program does exactly is in [bench/](../bench/README.md).`;

const repeat = `## How to repeat

\`\`\`sh
npm ci && npm run build
npm run bench                                  # everything, for the eye
npm run bench -- add-bulk process-100          # some of it
npm run bench -- --report                      # everything, and this page anew
npm run bench -- --report --from bench/results/latest.json   # this page from the figures of the last run
\`\`\`

It needs \`redis-server\` on the path and a quiet machine. The figures of this page are kept in [bench/results/latest.json](../bench/results/latest.json).`;
