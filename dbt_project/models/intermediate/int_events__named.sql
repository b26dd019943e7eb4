{{ config(materialized='view') }}

select
    events.* exclude (event_order),
    {{ event_identity() }},
from {{ ref('int_events__identified') }} as events
inner join {{ ref('customer_events') }} as names on events.event_order = names."order"
