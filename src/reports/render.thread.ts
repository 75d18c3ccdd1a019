import PDFDocument from 'pdfkit';
import type { ReportRow } from './report.entity.js';

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
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  pdf.fontSize(9);
  if (columns.length > 0) pdf.table({ data: [columns, ...rows.map((row) => columns.map((name) => cell(row[name])))] });
  pdf.end();

  await done;
  return Buffer.concat(chunks);
}

function cell(value: ReportRow[string] | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
