/**
 * Events of its topics that count as never told: their owner's database was set back to before them. Handlers find
 * them in the inbox; a rebuild and the auditor look here. `partition` and `offset` are their place.
 */
export const disownedTable = (service: string): readonly string[] => [
  `create table disowned_events (
     event_id uuid not null,
     source text not null,
     type text not null,
     key text not null,
     version bigint not null,
     of_account text,
     occurred_at timestamptz not null,
     partition integer not null,
     "offset" bigint not null,
     disowned_at timestamptz not null default now(),
     primary key (event_id, source)
   )`,
  `grant select, insert on disowned_events to accord_${service}_operator`,
  'grant select on disowned_events to accord_auditor',
];
