import { Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { leaveFirst } from '../nest/leave-first.js';
import { BackgroundDrain } from './drain.js';
import { BackgroundRunner } from './runner.js';

/** A module of its own, as its functions must have ended before what they use is closed. */
@Module({ providers: [BackgroundRunner, BackgroundDrain], exports: [BackgroundRunner] })
export class BackgroundModule {
  constructor(modules: ModulesContainer) {
    leaveFirst(modules, BackgroundModule);
  }
}
