{{ config(materialized='view') }}

{%- set names = streams() %}

-- a long history takes many syncs: it is complete when a sync in which nothing failed ends, and every stream has come
-- to its end, in this sync or before; what such a stream brings later is news, for it happened since
with syncs as (
    select * from {{ ref('stg_servicetitan__tenant_syncs') }}
    where stream in ('{{ names | join("', '") }}')
),

sound as (
    select
        tenant_id,
        sync_id,
        max(ended_at) as ended_at,
    from syncs
    group by tenant_id, sync_id
    having count(error) = 0
),

ends as (
    select
        tenant_id,
        stream,
        min(ended_at) as first_end_at,
    from syncs
    where is_complete
    group by tenant_id, stream
),

ended_by_then as (
    select
        sound.tenant_id,
        sound.sync_id,
        ends.stream,
    from sound
    inner join ends
        on sound.tenant_id = ends.tenant_id
        and coalesce(sound.ended_at >= ends.first_end_at, true)
)

select distinct tenant_id
from ended_by_then
group by tenant_id, sync_id
having count(distinct stream) = {{ names | length }}
