/** A Message-ID from any key: characters that a mail header does not take become dots. */
export function messageId(key: string): string {
  return `<${key.replace(/[^\w~-]+/g, '.')}@shop.example>`;
}
