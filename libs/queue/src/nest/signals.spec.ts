import { EventEmitter } from 'node:events';
import { Signals } from './signals.js';

function setup() {
  const source = new EventEmitter() as EventEmitter & { exit(code: number): void };
  const exits: number[] = [];
  const left: string[] = [];
  let end!: () => void;
  const closing = new Promise<void>((resolve) => (end = resolve));
  source.exit = (code) => void exits.push(code);
  const signals = new Signals({ leave: async (patience) => void left.push(patience), close: () => closing }, source);
  signals.listen();
  const send = (signal: string) => source.emit(signal, signal);
  const closed = async () => {
    signals.closed();
    end();
    await closing;
  };
  return { source, exits, left, send, closed };
}

describe('a signal', () => {
  it('closes the application with grace and exits 0', async () => {
    const { send, exits, left, closed } = setup();

    send('SIGTERM');
    expect(exits).toEqual([]);
    await closed();

    expect(left).toEqual(['grace']);
    expect(exits).toEqual([0]);
  });

  it('WK8: skips the grace when it is the second one', () => {
    const { send, exits, left } = setup();

    send('SIGINT');
    send('SIGINT');

    expect(left).toEqual(['grace', 'now']);
    expect(exits).toEqual([]);
  });

  it('skips the grace when it is SIGQUIT', () => {
    const { send, left } = setup();

    send('SIGQUIT');

    expect(left).toEqual(['now']);
  });

  it('WK8: exits at once when it is the third one', () => {
    const { send, exits } = setup();

    send('SIGTERM');
    send('SIGTERM');
    send('SIGTERM');

    expect(exits).toEqual([1]);
  });

  it('leaves closing to Nest where that listens, and turns its last signal into exit 0', async () => {
    const { source, send, exits, left, closed } = setup();
    source.on('SIGTERM', () => undefined);

    send('SIGTERM');
    await closed();
    expect(exits).toEqual([]);
    send('SIGTERM');

    expect(left).toEqual(['grace']);
    expect(exits).toEqual([0]);
  });

  it('is nobody’s business any more once the application was closed without one', async () => {
    const { source, closed } = setup();

    await closed();

    expect(source.listenerCount('SIGTERM')).toBe(0);
  });
});
