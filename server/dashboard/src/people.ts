import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Schema } from './api/client';
import { api, every, told } from './api/client';

export type Member = Schema<'MemberView'>;
export type Team = Schema<'TeamView'>;

/** Who is signed in, and everybody's names. */
export interface People {
  me: Member;
  org: Schema<'OrgView'>;
  members: Map<string, Member>;
  teams: Map<string, Team>;
  /** The currency in which figures are asked for, where the address names none: that of the deals. */
  currency: string;
  again: () => void;
}

export async function people(): Promise<Omit<People, 'again'>> {
  const session = await told(api.GET('/v1/session'));
  const [org, members, teams, deals] = await Promise.all([
    told(api.GET('/v1/org')),
    every((cursor) => api.GET('/v1/members', { params: { query: { limit: 200, ...(cursor ? { cursor } : {}) } } })),
    every((cursor) => api.GET('/v1/teams', { params: { query: { limit: 200, ...(cursor ? { cursor } : {}) } } })),
    told(api.GET('/v1/deals', { params: { query: { limit: 1 } } })),
  ]);
  return {
    me: session.member,
    org,
    members: new Map(members.rows.map((one) => [one.id, one])),
    currency: deals.items[0]?.fields.amount?.currency ?? 'CNY',
    teams: new Map(teams.rows.map((one) => [one.id, one])),
  };
}

export const PeopleContext = createContext<People | null>(null);

export function usePeople(): People {
  const found = useContext(PeopleContext);
  if (found === null) throw new Error('outside of a session');
  return found;
}

/** Whether a team is this one or below it. */
export function isWithin(people: People, team: string | null | undefined, above: string): boolean {
  for (let at = team; at; at = people.teams.get(at)?.parent) {
    if (at === above) return true;
  }
  return false;
}

/** Members whom the caller answers for: all for an admin, the reps below his team for a manager, else himself. */
export function charges(people: People): Member[] {
  const { me } = people;
  const own = [...people.members.values()].filter((one) => {
    if (me.role === 'admin') return true;
    if (one.id === me.id) return true;
    return me.role === 'manager' && !!me.team && one.role === 'rep' && isWithin(people, one.team, me.team);
  });
  return own;
}

/** Teams whose figures the caller may see. */
export function reach(people: People): Team[] {
  const { me } = people;
  return [...people.teams.values()].filter(
    (team) => me.role === 'admin' || (me.role === 'manager' && !!me.team && isWithin(people, team.id, me.team)),
  );
}
