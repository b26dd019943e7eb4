{{ config(materialized='view') }}

select
    customer_key,
    reset_position as position,
    transition_count - case when is_accepted then 1 else 0 end as transition_position,
from {{ ref('int_events__folded') }}
where reset_position is not null
union all
select
    customer_key,
    position,
    transition_count + 1 as transition_position,
from {{ ref('int_customers__folded') }}
where is_over
