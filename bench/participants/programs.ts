import type { Participant } from './participant.js';

/** Every contestant that can be started. Each loads its own library and no other. */
export const programs = {
  millrace: async () => (await import('./millrace.js')).millrace,
  'millrace-checked': async () => (await import('./millrace-checked.js')).millraceChecked,
  bullmq: async () => (await import('./bullmq.js')).bullmq,
  '@nestjs/bullmq': async () => (await import('./nestjs-bullmq.js')).nestjsBullmq,
  '@nestjs/bullmq-checked': async () => (await import('./nestjs-bullmq-checked.js')).nestjsBullmqChecked,
  'bee-queue': async () => (await import('./bee-queue.js')).beeQueue,
  floor: async () => (await import('../floor/participant.js')).floor,
} satisfies Record<string, () => Promise<Participant>>;

export type Program = keyof typeof programs;

export function isProgram(name: string): name is Program {
  return Object.hasOwn(programs, name);
}
