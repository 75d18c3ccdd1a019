import { Global, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { readSettings, Settings } from './settings.js';

/** Gives every module the checked `Settings`. A `.env` file is read when there is one; real variables win over it. */
@Global()
@Module({
  imports: [ConfigModule.forRoot()],
  providers: [{ provide: Settings, useFactory: () => readSettings(process.env) }],
  exports: [Settings],
})
export class SettingsModule {}
