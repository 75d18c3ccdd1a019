import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export type Cell = string | number | boolean | null;

/** A line of the table: cells by column name, or in a row without names. */
export type ReportRow = Record<string, Cell> | Cell[];

@Entity('reports')
export class Report {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  title!: string;

  @Column('simple-json')
  rows!: ReportRow[];

  @Index('reports_by_creation')
  @Column('text')
  createdAt!: string;
}
