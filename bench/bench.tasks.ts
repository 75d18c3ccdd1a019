import { defineTasks, returns, task } from 'millrace';

/** Two tasks that do nothing: one says when it began, one says nothing. */
export class BenchTasks extends defineTasks('bench', {
  stamp: task({ queue: 'bench', returns: returns<number>() }),
  noop: task({ queue: 'bench', keepResult: 0 }),
}) {}
