{{ config(materialized='view') }}

select
    events.* replace (cast(events.event_name as varchar) as event_name),
    {{ event_identity() }},
from {{ ref('int_events__identified') }} as events
inner join {{ ref('int_event_names') }} as names on events.event_name = names.event_name
