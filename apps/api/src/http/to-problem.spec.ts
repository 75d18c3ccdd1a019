import { BadRequestException, NotFoundException } from '@nestjs/common';
import {
  PayloadInvalid,
  PayloadTooLarge,
  QueueFull,
  ScheduleExists,
  ScheduleInvalid,
  StoreOutOfMemory,
  StoreUnavailable,
  UnknownTask,
} from 'millrace';
import { notFound } from './problem.js';
import { toProblem } from './to-problem.js';

describe('toProblem', () => {
  const issues = [{ path: 'items.0.sku', message: 'must be a string' }];

  it.each([
    [new PayloadInvalid('orders.process', issues), 400, 'VALIDATION_FAILED'],
    [new ScheduleInvalid('trigger.cron', 'trigger.cron: must have 5 fields'), 400, 'SCHEDULE_INVALID'],
    [new ScheduleExists('user:mail'), 409, 'SCHEDULE_EXISTS'],
    [new PayloadTooLarge('orders.process', 300_000, 262_144), 413, 'PAYLOAD_TOO_LARGE'],
    [new UnknownTask('orders.proces'), 422, 'UNKNOWN_TASK'],
    [new QueueFull('orders', 10), 429, 'QUEUE_FULL'],
    [new StoreUnavailable('redis://localhost:6379'), 503, 'STORE_UNAVAILABLE'],
    [new StoreOutOfMemory('redis://localhost:6379'), 503, 'STORE_UNAVAILABLE'],
    [new BadRequestException('Unexpected token'), 400, 'VALIDATION_FAILED'],
    [new NotFoundException('Cannot GET /nowhere'), 404, 'RESOURCE_NOT_FOUND'],
    [notFound('order', { orderId: '1' }), 404, 'RESOURCE_NOT_FOUND'],
    [Object.assign(new Error('request entity too large'), { status: 413 }), 413, 'PAYLOAD_TOO_LARGE'],
    [Object.assign(new Error('unsupported charset'), { status: 415 }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [new TypeError('x is undefined'), 500, 'INTERNAL_ERROR'],
    ['thrown text', 500, 'INTERNAL_ERROR'],
    [undefined, 500, 'INTERNAL_ERROR'],
  ])('%s is %d %s', (error, status, code) => {
    expect(toProblem(error)).toMatchObject({ status, code });
  });

  it('passes on which fields are wrong', () => {
    expect(toProblem(new PayloadInvalid('orders.process', issues)).detail).toEqual({ issues });
  });

  it('passes on which field of a schedule is wrong', () => {
    expect(toProblem(new ScheduleInvalid('trigger.cron', 'says why')).detail).toEqual({
      issues: [{ path: 'trigger.cron', message: 'says why' }],
    });
  });

  it('says in seconds when to try again', () => {
    expect(toProblem(new QueueFull('orders', 10, 1500)).retryAfter).toBe(2);
  });

  it('keeps to itself what nobody foresaw, and where the store is', () => {
    expect(toProblem(new Error('password is hunter2')).message).not.toContain('hunter2');
    expect(toProblem(new StoreUnavailable('redis://internal:6379')).message).not.toContain('internal');
  });
});
