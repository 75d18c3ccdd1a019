import type { Order } from '../orders/order.entity.js';

/** What a mail says. */
export interface Letter {
  subject: string;
  body: string;
}

export function receipt(order: Pick<Order, 'id' | 'items'>): Letter {
  const lines = order.items.map((item) => `  ${item.quantity} × ${item.sku}`);
  return {
    subject: `Your order ${order.id}`,
    body: ['Thank you for your order.', '', ...lines, '', 'It has been processed.'].join('\n'),
  };
}

export function welcome(name: string): Letter {
  return { subject: `Welcome, ${name}`, body: `Hello ${name},\n\nyour account is ready.` };
}

export function reminder(name: string): Letter {
  return { subject: 'You asked to be reminded', body: `Hello ${name},\n\nthis is the reminder you asked for.` };
}

/** `until` is ISO 8601 in UTC. */
export function digest(until: string, figures: Record<string, number>): Letter {
  const [day, time] = [until.slice(0, 10), until.slice(11, 16)];
  const lines = Object.entries(figures).map(([what, count]) => `  ${what}: ${count}`);
  return {
    subject: `The shop on ${day}`,
    body: [`In the 24 hours up to ${day} ${time} UTC:`, '', ...lines].join('\n'),
  };
}

export function notice(message: string): Letter {
  return { subject: 'A message from the shop', body: message };
}
