-- What its sender called an inbound lead: an Idempotency-Key, or the id of a signed message.
create table lead_keys (
    caller text not null, -- '': taken before this version, which was the first to tell callers apart
    key text not null,
    lead_id text not null references inbound_leads (id),
    taken_at text not null,
    primary key (key, caller, lead_id)
) strict, without rowid;

create index lead_keys_taken on lead_keys (taken_at);

-- lead_key held the key and the sender's own id alike. Where the lead's content is forgotten, its key is too old to count.
insert into lead_keys (caller, key, lead_id, taken_at)
select
    '',
    substr(lead_key, length(source) + 2),
    id,
    received_at
from inbound_leads
where
    substr(lead_key, 1, length(source) + 1) = source || ':'
    and lead != '{}'
    and json_extract(lead, '$.external_id') is null;

-- From now on the sender's own id alone, or the content; '': neither, a key names it.
update inbound_leads
set lead_key = ''
where id in (select lead_id from lead_keys);

alter table inbound_leads add column fingerprint text; -- of what its sender said; null: taken before this version

-- 1: begun before this version, when a booking's externalId was the bare key.
alter table idempotency_keys add column bare_key integer not null default 0;

update idempotency_keys
set bare_key = 1
where action = 'servicetitan_create_booking' and status is null;

alter table servicetitan_writes add column bare_key integer not null default 0;

update servicetitan_writes
set bare_key = 1
where resource like 'booking-provider/%';
