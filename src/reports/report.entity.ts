import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A line of the table: cells in the order of their columns. */
export type ReportRow = Record<string, string | number | boolean | null>;

@Entity('reports')
export class Report {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  title!: string;

  @Column('simple-json')
  rows!: ReportRow[];

  @Column('text')
  createdAt!: string;
}
