import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import type { Repository } from 'typeorm';
import { reminder, welcome } from '../notifications/letters.js';
import { Mailer } from '../notifications/mailer.js';
import { User } from './user.entity.js';

@Injectable()
export class AccountsService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly mailer: Mailer,
  ) {}

  async signUp(email: string, name: string): Promise<User> {
    const user = this.users.create({ id: randomUUID(), email, name, createdAt: new Date().toISOString() });
    await this.users.insert(user);
    return user;
  }

  async find(id: string): Promise<User | null> {
    return isUUID(id) ? this.users.findOneBy({ id }) : null;
  }

  welcome(user: User): Promise<void> {
    return this.mailer.send({ to: user.email, ...welcome(user.name) }, `welcome.${user.id}`);
  }

  remind(user: User, key: string): Promise<void> {
    return this.mailer.send({ to: user.email, ...reminder(user.name) }, key);
  }
}
