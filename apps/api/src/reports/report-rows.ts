import { registerDecorator, type ValidationArguments } from 'class-validator';

const cells = 20;
const characters = 500;

/** Rows of plain cells. Says which row, or which cell of it, is wrong. */
export function AreReportRows(): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'areReportRows',
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (rows: unknown) => fault(rows) === undefined,
        defaultMessage: (args?: ValidationArguments) => fault(args?.value) ?? '',
      },
    });
}

function fault(rows: unknown): string | undefined {
  if (!Array.isArray(rows)) return undefined;
  for (const [index, row] of rows.entries()) {
    if (typeof row !== 'object' || row === null) return `rows.${index} must be an object or an array of cells`;
    const entries = Object.entries(row as Record<string, unknown>);
    if (entries.length > cells) return `rows.${index} must have at most ${cells} cells`;
    const wrong = entries.find(([name, value]) => name.length > characters || !isCell(value));
    if (wrong)
      return `rows.${index}.${wrong[0]} must be a text of at most ${characters} characters, a number, a boolean or null`;
  }
  return undefined;
}

function isCell(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= characters;
  return value === null || typeof value === 'number' || typeof value === 'boolean';
}
