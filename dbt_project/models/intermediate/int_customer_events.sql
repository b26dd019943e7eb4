{{ config(
    materialized='incremental', incremental_strategy='by_changed_customers', unique_key=['tenant_id', 'customer_id']
) }}

select
    tenant_id,
    customer_id,
    position,
    event_order,
    to_state,
    occurred_at,
    job_id,
    record_id,
    cancellation_number,
    state_update_id,
    from_state,
    rule,
    is_accepted,
from {{ ref('int_events__identified') }}
