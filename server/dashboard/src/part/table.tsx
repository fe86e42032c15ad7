import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { compare, t } from '../text';
import { csv, download } from './csv';

export interface Column<Row> {
  title: string;
  /** What is shown. */
  show: (row: Row) => ComponentChildren;
  /** The same for CSV and sorting; a number sorts as one. */
  value: (row: Row) => string | number | null | undefined;
  /** Numbers stand on the right. */
  numeric?: boolean;
  /** The name of the row: read out with every cell. */
  heads?: boolean;
}

interface Given<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  id: (row: Row) => string;
  /** What is said where there is no row. */
  empty?: ComponentChildren;
  /** The name of the CSV file. */
  file: string;
  /** Rows shown at first. */
  most?: number;
  hideCaption?: boolean;
}

/** A table: sorted by any column, taken away as CSV, a list of cards on a phone. */
export function Table<Row>({ caption, columns, rows, id, empty, file, most = 100, hideCaption = false }: Given<Row>) {
  const [order, setOrder] = useState<{ column: number; down: boolean } | null>(null);
  const [shown, setShown] = useState(most);
  const sorted = useMemo(() => {
    const column = order === null ? undefined : columns[order.column];
    if (column === undefined || order === null) return rows;
    const side = order.down ? -1 : 1;
    return [...rows].sort((a, b) => {
      const [x, y] = [column.value(a), column.value(b)];
      if (x === y) return 0;
      if (x === null || x === undefined) return 1;
      if (y === null || y === undefined) return -1;
      return side * (typeof x === 'number' && typeof y === 'number' ? x - y : compare(String(x), String(y)));
    });
  }, [rows, columns, order]);
  const take = () =>
    download(
      `${file}.csv`,
      csv([columns.map((one) => one.title), ...sorted.map((row) => columns.map((one) => `${one.value(row) ?? ''}`))]),
    );
  if (rows.length === 0) {
    return (
      <div class="table">
        {!hideCaption && <p class="caption">{caption}</p>}
        <p class="empty">{empty ?? t('table.empty')}</p>
      </div>
    );
  }
  return (
    <div class="table">
      <div class="scroll">
        <table>
          <caption class={hideCaption ? 'unseen' : ''}>{caption}</caption>
          <thead>
            <tr>
              {columns.map((column, at) => {
                const mine = order?.column === at ? order : undefined;
                const sort = mine === undefined ? 'none' : mine.down ? 'descending' : 'ascending';
                return (
                  <th key={column.title} scope="col" aria-sort={sort} class={column.numeric ? 'numeric' : ''}>
                    {column.title === '' ? (
                      <span class="unseen">{t('table.actions')}</span>
                    ) : (
                      <button
                        type="button"
                        class="sort"
                        onClick={() =>
                          setOrder({ column: at, down: mine === undefined ? !!column.numeric : !mine.down })
                        }
                      >
                        {column.title}
                        <span aria-hidden="true">{mine === undefined ? '' : mine.down ? ' ↓' : ' ↑'}</span>
                      </button>
                    )}
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((row) => (
              <tr key={id(row)}>
                {columns.map((column) =>
                  column.heads ? (
                    <th key={column.title} scope="row">
                      {column.show(row)}
                    </th>
                  ) : (
                    <td key={column.title} data-title={column.title} class={column.numeric ? 'numeric' : ''}>
                      {column.show(row)}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="under">
        <span>{t('table.rows', { n: sorted.length })}</span>
        {sorted.length > shown && (
          <button type="button" class="plain" onClick={() => setShown(shown + 200)}>
            {t('table.more')}
          </button>
        )}
        <button type="button" class="plain" onClick={take}>
          {t('table.csv')}
        </button>
      </p>
    </div>
  );
}
