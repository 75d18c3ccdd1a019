import PDFDocument from 'pdfkit';
import type { Cell, ReportRow } from './report.entity.js';

export interface Drawing {
  title: string;
  rows: ReportRow[];
}

/** Runs in a worker thread: laying out a table of thousands of rows would block the event loop. */
export default async function render({ title, rows }: Drawing): Promise<Uint8Array> {
  const pdf = new PDFDocument({ size: 'A4', margin: 48, info: { Title: title } });
  const chunks: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => pdf.on('end', resolve).on('error', reject));
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));

  pdf.fontSize(20).text(title).moveDown();
  const table = tableOf(rows);
  if (table.length > 0) pdf.fontSize(9).table({ data: table });
  pdf.end();

  await done;
  return Buffer.concat(chunks);
}

/** Named cells get a header line with every name that occurs. */
function tableOf(rows: ReportRow[]): string[][] {
  const names = [...new Set(rows.flatMap((row) => (Array.isArray(row) ? [] : Object.keys(row))))];
  const lines = rows.map((row) => (Array.isArray(row) ? row : names.map((name) => row[name])).map(textOf));
  const width = Math.max(names.length, ...lines.map((line) => line.length));
  const table = names.length > 0 ? [names, ...lines] : lines;
  return width === 0 ? [] : table.map((line) => [...line, ...Array<string>(width - line.length).fill('')]);
}

function textOf(cell: Cell | undefined): string {
  return cell === null || cell === undefined ? '' : String(cell);
}
