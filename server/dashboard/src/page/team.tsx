import type { Schema } from '../api/client';
import { keyOf, question, team } from '../api/insight';
import { useAsk } from '../ask';
import { axes, Chart } from '../chart/chart';
import { Completeness, Shown } from '../part/figure';
import { When } from '../part/name';
import { Answer } from '../part/state';
import { type Column, Table } from '../part/table';
import { usePeople } from '../people';
import { address, go, type Place } from '../place';
import { called, number, spoken, t } from '../text';

type Standing = Schema<'Standing'>;

const isHeard = (row: Standing) => row.contact.state === 'complete';

/** Nothing done, and nothing heard, are two things. */
function Contact({ row }: { row: Standing }) {
  return (
    <>
      <span class={`badge ${isHeard(row) ? 'good' : 'warn'}`}>{called('contact', row.contact.state)}</span>{' '}
      <span class="faint">
        <When at={row.contact.last_contact} />
      </span>
    </>
  );
}

function Quadrant({ rows }: { rows: Standing[] }) {
  const known = rows.filter((row) => row.sales.attainment_bp.value != null && row.pipeline_cover_bp.value != null);
  const points = known.map((row) => ({
    row,
    x: (row.sales.attainment_bp.value ?? 0) / 100,
    // What is covered more than threefold is covered: the picture would show nothing else.
    y: Math.min(300, (row.pipeline_cover_bp.value ?? 0) / 100),
  }));
  const label = points
    .map(
      ({ row, x, y }) =>
        `${row.name}: ${t('goal.attainment')} ${Math.round(x)} %, ${t('team.cover')} ${Math.round(y)} %`,
    )
    .join('; ');
  return (
    <section class="card">
      <h2>{t('team.quadrant')}</h2>
      <p class="what">{t('team.quadrant.what')}</p>
      {known.length === 0 ? (
        <p class="empty">{t('team.quadrant.none')}</p>
      ) : (
        <Chart
          label={label}
          of={`${label}${spoken()}`}
          pick={(data) => {
            const id = (data as { id?: string } | undefined)?.id;
            if (id !== undefined) go(address(['records'], { figure: 'open', member: id }));
          }}
          option={(colours) => {
            const { axis, tooltip } = axes(colours);
            const series = (heard: boolean) => ({
              name: t(heard ? 'team.heard' : 'team.not_heard'),
              type: 'scatter' as const,
              symbol: heard ? 'circle' : 'triangle',
              symbolSize: 14,
              itemStyle: { color: heard ? colours.blue : colours.orange },
              label: { show: true, position: 'right' as const, formatter: '{b}', color: colours.text },
              labelLayout: { moveOverlap: 'shiftY' as const },
              data: points
                .filter(({ row }) => isHeard(row) === heard)
                .map(({ row, x, y }) => ({ name: row.name, id: row.id, value: [x, y] })),
              ...(heard
                ? {
                    markLine: {
                      silent: true,
                      symbol: 'none',
                      label: { show: false },
                      lineStyle: { color: colours.grey, type: 'dashed' as const },
                      data: [{ xAxis: 100 }, { yAxis: 100 }],
                    },
                  }
                : {}),
            });
            return {
              grid: { left: 12, right: 90, top: 40, bottom: 24, containLabel: true },
              legend: { top: 0, textStyle: { color: colours.text } },
              tooltip: {
                ...tooltip,
                formatter: (params) => {
                  const one = params as unknown as { name: string; value: [number, number] };
                  return `${one.name}\n${t('goal.attainment')} ${Math.round(one.value[0])} %\n${t('team.cover')} ${Math.round(one.value[1])} %`;
                },
              },
              xAxis: {
                type: 'value',
                min: 0,
                max: ({ max }) => Math.max(120, Math.ceil(max)),
                name: t('goal.attainment'),
                nameLocation: 'middle',
                nameGap: 26,
                ...axis,
                axisLabel: { ...axis.axisLabel, formatter: '{value} %' },
              },
              yAxis: {
                type: 'value',
                min: 0,
                max: ({ max }) => Math.max(120, Math.ceil(max)),
                name: t('team.cover'),
                ...axis,
                axisLabel: { ...axis.axisLabel, formatter: '{value} %' },
              },
              series: [series(true), series(false)],
            };
          }}
        />
      )}
    </section>
  );
}

function Silent({ rows }: { rows: Standing[] }) {
  const silent = rows
    .filter((row) => !isHeard(row))
    .sort((a, b) => (a.contact.last_contact ?? '').localeCompare(b.contact.last_contact ?? ''));
  return (
    <section class="card">
      <h2>
        {t('team.silent')} <span class={`badge ${silent.length > 0 ? 'warn' : 'good'}`}>{number(silent.length)}</span>
      </h2>
      <p class="what">{t('team.silent.what')}</p>
      {silent.length === 0 ? (
        <p class="empty">{t('team.silent.none')}</p>
      ) : (
        <ul>
          {silent.map((row) => (
            <li key={row.id}>
              <strong>{row.name}</strong> <Contact row={row} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Who needs me? */
export function TeamPage({ place }: { place: Place }) {
  const people = usePeople();
  const asked = question(place, people.currency);
  const answer = useAsk(`team ${keyOf(asked)}`, () => team(asked), [
    'deal',
    'visit',
    'sales_credit',
    'sales_target',
    'visit_route',
  ]);
  return (
    <Answer asked={answer}>
      {(found) => {
        const unit = { currency: found.currency };
        const columns: Column<Standing>[] = [
          {
            title: t('team.rank'),
            numeric: true,
            show: (row) => (row.rank == null ? '—' : number(row.rank)),
            value: (row) => row.rank,
          },
          { title: t('people.name'), heads: true, show: (row) => row.name, value: (row) => row.name },
          {
            title: t('goal.attainment'),
            numeric: true,
            show: (row) => <Shown figure={row.sales.attainment_bp} unit="bp" />,
            value: (row) => row.sales.attainment_bp.value,
          },
          {
            title: t('goal.actual'),
            numeric: true,
            show: (row) => (
              <a href={address(['records'], { figure: 'credits', member: row.id })}>
                <Shown figure={row.sales.actual} unit={unit} short />
              </a>
            ),
            value: (row) => row.sales.actual.value,
          },
          {
            title: t('goal.weighted'),
            numeric: true,
            show: (row) => (
              <a href={address(['records'], { figure: 'open', member: row.id })}>
                <Shown figure={row.pipeline.weighted} unit={unit} short />
              </a>
            ),
            value: (row) => row.pipeline.weighted.value,
          },
          {
            title: t('market.visits'),
            numeric: true,
            show: (row) =>
              row.activity.visits === 0 && !isHeard(row) ? (
                <span class="faint">{t('team.unknown')}</span>
              ) : (
                <a href={address(['records'], { figure: 'visits', member: row.id })}>{number(row.activity.visits)}</a>
              ),
            value: (row) => (row.activity.visits === 0 && !isHeard(row) ? null : row.activity.visits),
          },
          {
            title: t('market.strike'),
            numeric: true,
            show: (row) => <Shown figure={row.activity.strike_bp} unit="bp" />,
            value: (row) => row.activity.strike_bp.value,
          },
          {
            title: t('market.verified'),
            numeric: true,
            show: (row) => <Shown figure={row.activity.verified_bp} unit="bp" />,
            value: (row) => row.activity.verified_bp.value,
          },
          { title: t('team.contact'), show: (row) => <Contact row={row} />, value: (row) => row.contact.last_contact },
        ];
        const ranked = [...found.members].sort(
          (a, b) => (a.rank ?? 1e9) - (b.rank ?? 1e9) || a.name.localeCompare(b.name),
        );
        return (
          <>
            <Completeness head={found} />
            <div class="columns">
              <Quadrant rows={found.members} />
              <Silent rows={found.members} />
            </div>
            <section class="card">
              <Table
                caption={t('team.board')}
                file="team"
                columns={columns}
                rows={ranked}
                id={(row) => row.id}
                empty={t('team.none')}
              />
              <p class="faint">{t('team.board.what')}</p>
            </section>
          </>
        );
      }}
    </Answer>
  );
}
