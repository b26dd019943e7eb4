-- Who is signed in to the console. The id in the cookie and its forms' tokens are nowhere but in the browser.
create table console_sessions (
    session_hash blob primary key not null, -- SHA-256 of the cookie's value
    user_name text not null,
    entry_hash blob not null, -- of the user's entry in CONSOLE_USERS: another one ends the session
    began_at text not null,
    ends_at text not null,
    message text -- what the next page says once
) strict, without rowid;

create index console_sessions_end on console_sessions (ends_at);

create table console_forms ( -- that were posted: each is good for one post
    form_hash blob primary key not null,
    posted_at text not null
) strict, without rowid;

create index console_forms_posted on console_forms (posted_at);

-- Every room's decisions stand here, about whatever a person decides; the table is written anew, for an action was one
-- of the outbox's.
create table new_decisions (
    decision_id integer primary key,
    webhook_id text references deliveries (webhook_id), -- null: not about a delivery
    tenant_id integer, -- null: about a delivery, or about no tenant; 0: about all tenants
    subject text, -- what it was about, for people, where that is neither a delivery nor the whole tenant
    action text not null,
    overrides text, -- the reasons against it that this overrode
    reason text not null,
    decided_by text not null,
    decided_at text not null
) strict;

insert into new_decisions (
    decision_id, webhook_id, tenant_id, action, overrides, reason, decided_by, decided_at
)
select decision_id, webhook_id, tenant_id, action, overrides, reason, decided_by, decided_at from decisions;

drop table decisions;
alter table new_decisions rename to decisions;
create index deliveries_delivered on deliveries (delivered_at) where delivered_at is not null;
create index decisions_on on decisions (webhook_id);
create index decisions_about on decisions (tenant_id) where tenant_id is not null;
