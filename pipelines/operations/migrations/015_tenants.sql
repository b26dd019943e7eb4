create table tenants ( -- connected by people; those of the environment stand there
    name text primary key not null,
    tenant_id integer not null unique,
    client_id text not null,
    client_secret text not null, -- encrypted under SECRETS_KEY
    timezone text,
    workspace_id text,
    booking_provider_id integer,
    country text not null,
    delivery text not null check (delivery in ('live', 'shadow')), -- what it starts with
    connected_by text not null,
    connected_at text not null,
    changed_by text not null,
    changed_at text not null
) strict;

create table tenants_version ( -- another one with every write to them: who has read them looks here first
    id integer primary key check (id = 1),
    version text not null,
    changed_at text
) strict;

insert into tenants_version (id, version) values (1, '');
