create table last_complete_syncs ( -- when every stream of a tenant was last read to its end
    tenant_id integer primary key,
    ended_at text not null
) strict;
