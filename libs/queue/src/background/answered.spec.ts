import { EventEmitter } from 'node:events';
import { type Flushable, whenAnswered } from './answered.js';

type State = Partial<Omit<Flushable, keyof EventEmitter>>;

/** A response, and what was told of it. */
function setup(state: State = {}, handler?: Promise<boolean>) {
  const response = Object.assign(new EventEmitter(), { statusCode: 200, ...state });
  const told: boolean[] = [];
  whenAnswered(response, handler, (success) => told.push(success));
  return { response, told };
}

describe('whenAnswered', () => {
  it.each([
    [200, true],
    [304, true],
    [399, true],
    [400, false],
    [503, false],
  ])('tells once whether %d is a success: %s', (statusCode, success) => {
    const { response, told } = setup({ statusCode }, Promise.resolve(true));
    expect(told).toEqual([]);

    response.emit('finish');
    response.emit('close');

    expect(told).toEqual([success]);
  });

  it.each([
    ['went out before anybody asked', { writableFinished: true, closed: true, statusCode: 504 }, false],
    ['was cut off before anybody asked', { closed: true, headersSent: true }, true],
  ])('tells at once when the answer %s', (_, state, success) => {
    expect(setup(state, new Promise(() => undefined)).told).toEqual([success]);
  });

  it('tells when the client hangs up in the middle of the answer: its status is known', () => {
    const { response, told } = setup({ headersSent: true }, new Promise(() => undefined));

    response.emit('close');

    expect(told).toEqual([true]);
  });

  it.each([
    ['while the handler works', {}],
    ['before the handler began', { closed: true }],
  ])('waits for the handler when the client hung up %s', async (_, state) => {
    let end!: (well: boolean) => void;
    const { response, told } = setup(state, new Promise((resolve) => (end = resolve)));

    response.emit('close');
    expect(told).toEqual([]);
    end(true);
    await Promise.resolve();

    expect(told).toEqual([true]);
  });

  it('tells of no success when the client hung up and the handler failed, whatever the status says', async () => {
    const { response, told } = setup({}, Promise.resolve(false));

    response.emit('close');
    await Promise.resolve();

    expect(told).toEqual([false]);
  });

  it('tells at once when the client hung up and no handler is known', () => {
    const { response, told } = setup();

    response.emit('close');

    expect(told).toEqual([true]);
  });
});
