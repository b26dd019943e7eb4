{{ config(materialized='view') }}

select
    customer_key,
    reset_position as position,
    position as met_position,
from {{ ref('int_events__folded') }}
where reset_position is not null
union all
select
    customer_key,
    position,
    null as met_position,
from {{ ref('int_customers__folded') }}
where is_over
