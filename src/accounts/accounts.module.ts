import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MailModule } from '../notifications/mail.module.js';
import { AccountsService } from './accounts.service.js';
import { User } from './user.entity.js';

@Module({
  imports: [TypeOrmModule.forFeature([User]), MailModule],
  providers: [AccountsService],
  exports: [AccountsService],
})
export class AccountsModule {}
